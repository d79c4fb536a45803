import { createHmac, randomUUID } from "node:crypto";
import { beforeEach, expect, test } from "vitest";
import { configureFor, samplePerson } from "#lib/auth/sample.ts";
import { type TestDatabase, testDatabase } from "#lib/db/test-database.ts";
import { decide } from "#lib/policy/permit.ts";
import { makeWebhookKey, noticeWebhook } from "./source-webhook.ts";

const sourceId = "config";
const later = new Date(Date.now() + 3_600_000);
let db: TestDatabase;
let key: Buffer;

beforeEach(async () => {
  db = await testDatabase();
  configureFor(db.url);
  const permit = decide(await samplePerson(db.database, { role: "administrator" }), "source.edit", {});
  if (!permit) throw new Error("no permit");
  await db.database.source.create({ data: { id: sourceId, name: "config", settings: {}, createdBy: "ada" } });
  key = Buffer.from((await makeWebhookKey(permit, sourceId)).replace(/^whsec_/, ""), "base64");
});

/** A secret that is bound and not due for long, and was looked at so many seconds ago. */
async function bound(path: string, lookedSecondsAgo: number | null): Promise<void> {
  const lookedAt = lookedSecondsAgo === null ? null : new Date(Date.now() - lookedSecondsAgo * 1000);
  await db.database.secret.create({ data: { id: path, clusterId: "c1", name: path, owner: "team" } });
  const what = { sourceId, path, take: { take: "whole" }, mode: "after-yes", boundBy: "ada" };
  await db.database.binding.create({ data: { secretId: path, ...what, lookedAt, nextLookAt: later } });
}

async function notice(body: object): Promise<void> {
  const [id, timestamp, bytes] = [
    randomUUID(),
    String(Math.floor(Date.now() / 1000)),
    Buffer.from(JSON.stringify(body)),
  ];
  const mac = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(bytes).digest("base64");
  expect(await noticeWebhook(sourceId, { id, timestamp, signature: `v1,${mac}`, body: bytes })).toBe(true);
}

/** In seconds from now; negative where it is due. */
async function dueIn(path: string): Promise<number> {
  const { nextLookAt } = await db.database.binding.findUniqueOrThrow({ where: { secretId: path } });
  return (nextLookAt.getTime() - Date.now()) / 1000;
}

test("a webhook makes due what it names, or all; what was looked at just now is due two seconds after that", async () => {
  await bound("never", null);
  await bound("long-ago", 60);
  await bound("just-now", 0);
  await notice({ paths: ["never", "not-bound"] });
  expect(await dueIn("never")).toBeLessThanOrEqual(0);
  expect(await dueIn("long-ago")).toBeGreaterThan(60);
  await notice({ paths: [] });
  expect(await dueIn("long-ago")).toBeGreaterThan(60);
  await notice({});
  expect(await dueIn("long-ago")).toBeLessThanOrEqual(0);
  const { lookedAt, nextLookAt } = await db.database.binding.findUniqueOrThrow({ where: { secretId: "just-now" } });
  expect(nextLookAt.getTime() - (lookedAt?.getTime() ?? 0)).toBe(2000);
});

test("a webhook that comes again changes nothing of what is due", async () => {
  await bound("long-ago", 60);
  await notice({});
  const first = await db.database.binding.findUniqueOrThrow({ where: { secretId: "long-ago" } });
  await notice({});
  expect(await db.database.binding.findUniqueOrThrow({ where: { secretId: "long-ago" } })).toEqual(first);
});

test("a webhook has a source asked that is left alone, and not one that asked for fewer questions", async () => {
  await bound("long-ago", 60);
  const leftAlone = (failureCode: string) =>
    db.database.source.update({ where: { id: sourceId }, data: { failureCode, nextAskAt: later } });
  const nextAskAt = async () => (await db.database.source.findUniqueOrThrow({ where: { id: sourceId } })).nextAskAt;
  await leftAlone("source-unreachable");
  await notice({});
  expect(await nextAskAt()).toBeNull();
  await leftAlone("source-throttled");
  await notice({});
  expect(await nextAskAt()).toEqual(later);
});
