import { createHmac, randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeDatabase } from "#lib/db/client.ts";
import { testDatabase } from "#lib/db/test-database.ts";
import { configurationFrom, configure, readEnvironment } from "#lib/env.ts";
import { testSwarm } from "#lib/ground/test-swarm.ts";
import { ownPorts } from "#lib/operations/own-ports.ts";
import { decide, type Permit } from "#lib/policy/permit.ts";
import type { Action, SubjectOf } from "#lib/policy/schema.ts";
import { planRollBack, rollBackSecret } from "#lib/rotation/roll-back.ts";
import { rollBackInput } from "#lib/rotation/schema.ts";
import { beginAt } from "#lib/rotation/sync.ts";
import { bindSecret, compareWithSource, unbindSecret } from "#lib/secrets/bind.ts";
import { pauseAutomation, resumeAutomation } from "#lib/settings/automation.ts";
import { closeSources, openedSource } from "#lib/settings/opened-sources.ts";
import { makeWebhookKey, noticeWebhook } from "#lib/settings/source-webhook.ts";
import { addSource, changeSource, removeSource } from "#lib/settings/sources.ts";
import { openHttpStage } from "#lib/sources/doubles/http.ts";
import type { Stage as SourceStage } from "#lib/sources/doubles/stage.ts";
import { closeSwarm } from "#lib/swarm/connect.ts";
import {
  actor,
  adopt,
  anotherHand,
  ended,
  found,
  makeRunning,
  makeService,
  named,
  objectNames,
  pickyScript,
  type Secret,
  type Stage,
  sent,
  stageOn,
  startTestWorker,
  until,
} from "./scene.ts";
import { startSync } from "./sync.ts";
import type { Worker } from "./worker.ts";

/** On a real Swarm, a real Postgres and a real socket to a double of the source. */

const folder = mkdtempSync(join(tmpdir(), "skep-sync-"));
process.env.SKEP_CREDENTIAL_DIR = folder;

let stage: Stage;
let worker: Worker;
let source: SourceStage;
let other: SourceStage;
let sourceId: string;
let otherId: string;
let syncs: { stop(): Promise<void> }[] = [];

beforeAll(async () => {
  stage = await stageOn(await testSwarm(), await testDatabase());
  configure(
    configurationFrom(readEnvironment({}), {
      databaseUrl: stage.databaseUrl,
      docker: { host: stage.host, certPath: null, isTlsVerified: false },
      sessionSecret: "for-tests-only-0123456789abcdefghijklmnop",
    }),
  );
  [source, other] = [await openHttpStage(), await openHttpStage()];
  writeFileSync(join(folder, "http_token"), await source.credential("http_token"));
  ({ id: sourceId } = await addSource(permitOf("source.edit", {}), { name: "config", settings: source.settings }));
  ({ id: otherId } = await addSource(permitOf("source.edit", {}), { name: "other", settings: other.settings }));
  worker = startTestWorker(stage);
  syncs = [sync(), sync()];
});

afterAll(async () => {
  for (const each of syncs) await each.stop();
  await worker?.stop();
  await closeSources();
  await closeSwarm();
  await closeDatabase();
  await source?.end();
  await other?.end();
  rmSync(folder, { recursive: true, force: true });
});

/** One instance of Skep that looks every second. */
function sync() {
  return startSync({ ports: ownPorts(), clusterId: () => stage.clusterId, scanSeconds: 0.3, everySeconds: 1 });
}

function permitOf<A extends Action>(action: A, subject: SubjectOf<A>): Permit<A> {
  return found(decide(actor, action, subject));
}

/** The spec with one more secret, as somebody's update would add it. */
function withSecret(text: string, { objectId, objectName }: Secret): string {
  const spec = JSON.parse(text);
  const File = { Name: objectName, UID: "0", GID: "0", Mode: 0o444 };
  spec.TaskTemplate.ContainerSpec.Secrets.push({ File, SecretID: objectId, SecretName: objectName });
  return JSON.stringify(spec);
}

type Binding = { mode?: "by-itself" | "after-yes"; at?: string };

/** Binds it to a path of its own; the Swarm has the value `old`. */
async function bind(secret: Secret, path: string, { mode = "by-itself", at = sourceId }: Binding = {}) {
  const take = { take: "field", field: "/password" } as const;
  const input = { sourceId: at, path, take, mode, oldStaysValid: true };
  return bindSecret(permitOf("secret.bind", { secretId: secret.secretId }), input);
}

const operationsOf = ({ secretId }: Secret) =>
  stage.database.operation.findMany({
    where: { secrets: { some: { secretId } }, kind: "rotate" },
    orderBy: { createdAt: "asc" },
  });
const bindingOf = ({ secretId }: Secret) => stage.database.binding.findUniqueOrThrow({ where: { secretId } });
const looks = (path: string) => (source.requests() ?? []).filter((each) => each.endsWith(path)).length;

async function whileNobodyLooks(work: () => Promise<void>): Promise<void> {
  for (const each of syncs.splice(0)) await each.stop();
  await work();
  syncs = [sync(), sync()];
}

/** Both instances have looked at it again so often. */
async function lookedAgain(path: string, times = 4): Promise<void> {
  const before = looks(path);
  await until(async () => looks(path) >= before + times);
}

/** By a person, to the version that it was adopted with. */
async function rolledBack({ secretId, versionId }: Secret): Promise<void> {
  const back = rollBackInput.parse({ secretId, versionId, oldStaysValid: "yes" });
  const { fingerprint } = await planRollBack(actor, back);
  const { id } = await rollBackSecret(permitOf("secret.roll-back", { secretId, isLeaked: false }), {
    ...back,
    fingerprint,
  });
  await ended(stage, id);
}

async function endedOnce(secret: Secret, outcome: string) {
  await until(async () => (await operationsOf(secret)).some((operation) => operation.outcome === outcome));
}

describe.concurrent("a secret that is bound to a source", () => {
  it("is rotated to each new version there by itself, once, though two instances look", async () => {
    const secret = await adopt(stage);
    const [service] = await makeRunning(stage, secret, 1);
    await source.put("a/one", { password: "old" });
    const { agreesWith } = await bind(secret, "a/one");
    expect(agreesWith).toBe((await bindingOf(secret)).newestId);
    await lookedAgain("/a/one");
    expect(await operationsOf(secret)).toEqual([]);

    await source.put("a/one", { password: "new-value-of-one" });
    await endedOnce(secret, "done");
    await lookedAgain("/a/one");
    expect(await named(stage, found(service))).toEqual([`${secret.name}_v2`]);
    const [operation, ...more] = await operationsOf(secret);
    expect(more).toEqual([]);
    expect(operation?.actor).toEqual({ type: "schedule", setBy: actor.name });
    const current = { secretId: secret.secretId, state: "current" };
    const version = await stage.database.version.findFirstOrThrow({ where: current });
    const { newestId } = await bindingOf(secret);
    expect(newestId).not.toBe(agreesWith);
    expect(version).toMatchObject({ number: 2, sourceVersionId: newestId });
    expect(await compareWithSource(permitOf("secret.compare", { secretId: secret.secretId }))).toBe("equal");
  });

  it("goes together with what is taken from the same place: one operation, each service moved once", async () => {
    const [user, password] = [await adopt(stage), await adopt(stage)];
    const [service] = await makeRunning(stage, user, 1);
    await anotherHand(stage, found(service), (text) => withSecret(text, password));
    await source.put("k/one", { password: "old" });
    for (const secret of [user, password]) await bind(secret, "k/one");
    await source.put("k/one", { password: "both-of-them" });
    await endedOnce(user, "done");
    await endedOnce(password, "done");
    await lookedAgain("/k/one");
    const [first, ...more] = await operationsOf(user);
    expect(more).toEqual([]);
    expect((await operationsOf(password)).map(({ id }) => id)).toEqual([first?.id]);
    expect(await sent(stage, first?.id ?? "")).toMatchObject({ create: 2, move: 1 });
    expect((await named(stage, found(service))).toSorted()).toEqual(
      [`${user.name}_v2`, `${password.name}_v2`].toSorted(),
    );
  });

  it("that was not looked at since goes by what another one's look has seen at their place", async () => {
    const [left, waiting] = [await adopt(stage), await adopt(stage)];
    const [service] = await makeRunning(stage, waiting, 1);
    await makeRunning(stage, left, 1);
    await source.put("n/one", { password: "old" });
    const { agreesWith } = await bind(left, "n/one");
    await source.put("n/one", { password: "of-both" });
    await endedOnce(left, "done");
    await rolledBack(left);
    // As if it had been bound from the beginning, and left alone after a failure since before the change.
    await bind(waiting, "n/one", { mode: "after-yes" });
    const { newestId, id } = await bindingOf(waiting);
    const behind = { newestId: agreesWith, newestSince: new Date(1), nextLookAt: new Date(Date.now() + 3_600_000) };
    await stage.database.binding.update({ where: { id }, data: { ...behind, mode: "by-itself" } });
    await endedOnce(waiting, "done");
    expect(await named(stage, found(service))).toEqual([`${waiting.name}_v2`]);
    expect(await bindingOf(waiting)).toMatchObject({ newestId });
    expect(await bindingOf(left)).toMatchObject({ newestId, failureCode: null });
    expect(await operationsOf(left)).toHaveLength(1);
  });

  it("is not rotated to a value that it has, whatever the source calls it, and is once there is another one", async () => {
    const secret = await adopt(stage);
    const [service] = await makeRunning(stage, secret, 1);
    await source.put("o/one", { password: "old" });
    await bind(secret, "o/one");
    const called = new Set<string | null>();
    for (let more = 1; (await bindingOf(secret)).failureCode !== "same-value"; more += 1) {
      await source.put("o/one", { password: "old", more: `${more}` });
      called.add((await bindingOf(secret)).newestId);
      await until(async () => {
        const { newestId, failureCode } = await bindingOf(secret);
        const { sourceVersionId } = await stage.database.version.findUniqueOrThrow({ where: { id: secret.versionId } });
        return !called.has(newestId) && (sourceVersionId === newestId || failureCode === "same-value");
      });
    }
    expect(called.size).toBeGreaterThan(1);
    expect(await operationsOf(secret)).toEqual([]);
    // As if an hour had passed.
    const lately = { where: { secretId: secret.secretId }, data: { askedAt: new Date(1) } };
    await stage.database.valueComparison.updateMany(lately);
    await source.put("o/one", { password: "another" });
    await stage.database.binding.update({ where: lately.where, data: { nextLookAt: new Date(0) } });
    await endedOnce(secret, "done");
    expect(await named(stage, found(service))).toEqual([`${secret.name}_v2`]);
    expect((await bindingOf(secret)).failureCode).toBeNull();
  });

  it("bound to another place, has none of its versions: what is there arrives, whatever its id", async () => {
    const secret = await adopt(stage);
    await makeRunning(stage, secret, 1);
    await source.put("l/one", { password: "old" });
    const { agreesWith } = await bind(secret, "l/one");
    expect(agreesWith).not.toBeNull();
    await unbindSecret(permitOf("secret.unbind", { secretId: secret.secretId }));
    await source.put("l/two", { password: "of-another-place" });
    await bind(secret, "l/two", { mode: "after-yes" });
    const { newestId, id } = await bindingOf(secret);
    // As if both places called it by the same id.
    await stage.database.version.updateMany({
      where: { secretId: secret.secretId },
      data: { sourceVersionId: newestId },
    });
    expect(await stage.database.version.count({ where: { secretId: secret.secretId, bindingId: id } })).toBe(0);
    await stage.database.binding.update({ where: { id }, data: { mode: "by-itself", nextLookAt: new Date(0) } });
    await endedOnce(secret, "done");
  });

  it("that a person rolled back stays so, and gets the next version", async () => {
    const secret = await adopt(stage);
    const [service] = await makeRunning(stage, secret, 1);
    await source.put("m/one", { password: "old" });
    await bind(secret, "m/one");
    await source.put("m/one", { password: "rolled-back" });
    await endedOnce(secret, "done");
    await rolledBack(secret);
    expect(await named(stage, found(service))).toEqual([`${secret.name}_v1`]);
    await lookedAgain("/m/one", 6);
    expect(await named(stage, found(service))).toEqual([`${secret.name}_v1`]);
    await source.put("m/one", { password: "the-next" });
    await until(async () => (await named(stage, found(service)))[0] === `${secret.name}_v3`);
  });

  it("that a person rolled back stays so, also where the version that she left was only seen to have the newest value", async () => {
    const secret = await adopt(stage);
    const [service] = await makeRunning(stage, secret, 1);
    await source.put("p/one", { password: "old" });
    await bind(secret, "p/one");
    await source.put("p/one", { password: "new" });
    await endedOnce(secret, "done");
    await source.put("p/one", { password: "new", note: "written once more" });
    await until(async () => {
      const { newestId } = await bindingOf(secret);
      const where = { secretId: secret.secretId, number: 2, sourceVersionId: newestId, agreedAt: { not: null } };
      return (await stage.database.version.count({ where })) > 0;
    });
    await rolledBack(secret);
    await lookedAgain("/p/one", 6);
    expect(await named(stage, found(service))).toEqual([`${secret.name}_v1`]);
  });

  it("gets what came while nobody looked, and only the last of it", async () => {
    const secret = await adopt(stage);
    const [service] = await makeRunning(stage, secret, 1);
    await source.put("b/one", { password: "old" });
    await bind(secret, "b/one");
    await whileNobodyLooks(async () => {
      for (const password of ["never-seen", "never-seen-either", "the-last"]) await source.put("b/one", { password });
    });
    await endedOnce(secret, "done");
    await lookedAgain("/b/one");
    expect(await objectNames(stage, secret)).toEqual([`${secret.name}_v1`, `${secret.name}_v2`]);
    expect(await named(stage, found(service))).toEqual([`${secret.name}_v2`]);
  });

  it("whose new version was undone keeps the old one, and only a newer one is tried", async () => {
    const secret = await adopt(stage);
    const service = await makeService(stage, secret, { script: pickyScript });
    await source.put("c/one", { password: "old" });
    await bind(secret, "c/one");
    await source.put("c/one", { password: "refused" });
    await endedOnce(secret, "undone");
    await lookedAgain("/c/one");
    expect(await operationsOf(secret)).toHaveLength(1);
    expect(await named(stage, service)).toEqual([`${secret.name}_v1`]);
    await source.put("c/one", { password: "fit" });
    await endedOnce(secret, "done");
    expect(await operationsOf(secret)).toHaveLength(2);
  });

  it("that waits for a yes is not moved, and its page knows that there is a newer one", async () => {
    const secret = await adopt(stage);
    await source.put("d/one", { password: "old" });
    await bind(secret, "d/one", { mode: "after-yes" });
    const { newestId } = await bindingOf(secret);
    await source.put("d/one", { password: "newer" });
    await until(async () => (await bindingOf(secret)).newestId !== newestId);
    await lookedAgain("/d/one");
    expect(await operationsOf(secret)).toEqual([]);
  });

  it("that was deleted at the source stays in the Swarm, and says so", async () => {
    const secret = await adopt(stage);
    await source.put("e/one", { password: "old" });
    await bind(secret, "e/one");
    await source.remove("e/one");
    await until(async () => (await bindingOf(secret)).failureCode === "source-not-found");
    expect(await objectNames(stage, secret)).toEqual([`${secret.name}_v1`]);
    expect(await operationsOf(secret)).toEqual([]);
  });

  it("whose field is gone is left as it is, with the reason, and nothing is begun", async () => {
    const secret = await adopt(stage);
    await source.put("f/one", { password: "old" });
    await bind(secret, "f/one");
    await source.put("f/one", { passphrase: "elsewhere" });
    await until(async () => (await bindingOf(secret)).failureCode === "source-no-value");
    expect((await bindingOf(secret)).failure).toContain("/password");
    expect(await operationsOf(secret)).toEqual([]);
  });

  it("is refused where the source has no such value, and bound twice", async () => {
    const secret = await adopt(stage);
    await expect(bind(secret, "nowhere/at-all")).rejects.toMatchObject({ code: "source-not-found" });
    await source.put("g/one", { password: "old" });
    await bind(secret, "g/one", { mode: "after-yes" });
    await expect(bind(secret, "g/one")).rejects.toMatchObject({ code: "busy" });
    await unbindSecret(permitOf("secret.unbind", { secretId: secret.secretId }));
    await bind(secret, "g/one", { mode: "after-yes" });
  });
});

describe("the sources", () => {
  it("that are down are left alone for a while, and hold up no other", async () => {
    const [mine, theirs] = [await adopt(stage), await adopt(stage)];
    await makeRunning(stage, theirs, 1);
    await source.put("h/one", { password: "old" });
    await other.put("h/one", { password: "old" });
    await bind(mine, "h/one", { at: otherId });
    await bind(theirs, "h/one");
    other.fail?.("throttled");
    await until(async () => {
      const row = await stage.database.source.findUniqueOrThrow({ where: { id: otherId } });
      return row.failureCode === "source-throttled" && row.nextAskAt !== null;
    });
    const asked = (other.requests() ?? []).length;
    await source.put("h/one", { password: "while-the-other-is-down" });
    await endedOnce(theirs, "done");
    // The double asks for seven seconds.
    expect((other.requests() ?? []).length).toBeLessThanOrEqual(asked + 2);
    other.fail?.(null);
    await until(async () => {
      const row = await stage.database.source.findUniqueOrThrow({ where: { id: otherId } });
      return row.failureCode === null;
    });
  });

  it("have each version begun once, and whoever comes second has not failed", async () => {
    const secret = await adopt(stage);
    await makeRunning(stage, secret, 1);
    await source.put("p/one", { password: "old" });
    await bind(secret, "p/one");
    await whileNobodyLooks(async () => {
      await source.put("p/one", { password: "met-by-two" });
      const opened = await openedSource(sourceId);
      const newestId = found((await opened.versions("p/one", null))[0]).id;
      const seen = { newestId, newestSince: new Date() };
      await stage.database.binding.update({ where: { secretId: secret.secretId }, data: seen });
      const begin = () =>
        beginAt({ sourceId, path: "p/one", newestId }, stage.clusterId, { source: opened, ports: ownPorts() });
      expect(await Promise.all([begin(), begin(), begin()])).toEqual([null, null, null]);
      expect(await operationsOf(secret)).toHaveLength(1);
    });
    await endedOnce(secret, "done");
  });

  it("begin nothing while automatic work is paused, and what was missed afterwards", async () => {
    const secret = await adopt(stage);
    await makeRunning(stage, secret, 1);
    await source.put("i/one", { password: "old" });
    await bind(secret, "i/one");
    await pauseAutomation(permitOf("automation.pause", {}), "an upgrade");
    const { newestId } = await bindingOf(secret);
    await source.put("i/one", { password: "during-the-pause" });
    await until(async () => (await bindingOf(secret)).newestId !== newestId);
    await lookedAgain("/i/one");
    expect(await operationsOf(secret)).toEqual([]);
    await resumeAutomation(permitOf("automation.pause", {}));
    await endedOnce(secret, "done");
  });

  it("are asked at once by a webhook that is signed with their own key, and by no other", async () => {
    const secret = await adopt(stage);
    await source.put("j/one", { password: "old" });
    await bind(secret, "j/one", { mode: "after-yes" });
    const { newestId } = await bindingOf(secret);
    await whileNobodyLooks(async () => {
      const later = { nextLookAt: new Date(Date.now() + 3_600_000) };
      await stage.database.binding.update({ where: { secretId: secret.secretId }, data: later });
      await source.put("j/one", { password: "told-by-webhook" });
    });
    const key = await makeWebhookKey(permitOf("source.edit", {}), sourceId);
    const body = Buffer.from(JSON.stringify({ paths: ["j/one"] }));
    const [id, timestamp] = [randomUUID(), String(Math.floor(Date.now() / 1000))];
    const signed = (withKey: string, at = timestamp) => {
      const secretKey = Buffer.from(withKey.replace(/^whsec_/, ""), "base64");
      const mac = createHmac("sha256", secretKey).update(`${id}.${at}.`).update(body).digest("base64");
      return { id, timestamp: at, signature: `v1,${mac}`, body };
    };
    expect(await noticeWebhook(sourceId, { ...signed(key), signature: "v1,AAAA" })).toBe(false);
    expect(await noticeWebhook(sourceId, signed(key, String(Number(timestamp) - 3600)))).toBe(false);
    expect(await noticeWebhook(otherId, signed(key))).toBe(false);
    expect((await bindingOf(secret)).newestId).toBe(newestId);
    expect(await noticeWebhook(sourceId, signed(key))).toBe(true);
    await until(async () => (await bindingOf(secret)).newestId !== newestId);
    await makeWebhookKey(permitOf("source.edit", {}), sourceId);
    expect(await noticeWebhook(sourceId, signed(key))).toBe(false);
  });

  it("are not removed while secrets are bound to them, keep their kind, and have one name each", async () => {
    const edit = permitOf("source.edit", {});
    await expect(removeSource(edit, sourceId)).rejects.toMatchObject({ code: "busy" });
    await expect(addSource(edit, { name: "CONFIG", settings: source.settings })).rejects.toMatchObject({
      code: "name-taken",
    });
    const silent = { ...source.settings, address: "http://127.0.0.1:1" } as typeof source.settings;
    await expect(changeSource(edit, sourceId, { name: "config", settings: silent })).rejects.toMatchObject({
      code: "source-unreachable",
    });
    await stage.database.binding.deleteMany({ where: { sourceId: otherId } });
    await removeSource(edit, otherId);
    expect(await stage.database.source.count()).toBe(1);
  });

  it("leave no value in Postgres, wherever one is looked for", async () => {
    const dump = await stage.database.$queryRawUnsafe<{ t: string }[]>(
      `SELECT string_agg(x::text, ' ') AS t FROM (SELECT "plan" x FROM "Operation" UNION ALL SELECT "facts" FROM "OperationStep"
       UNION ALL SELECT to_jsonb(b) FROM "Binding" b UNION ALL SELECT to_jsonb(s) FROM "Source" s
       UNION ALL SELECT convert_from("body", 'UTF8')::jsonb FROM "AuditEvent") y`,
    );
    const text = dump[0]?.t ?? "";
    expect(text.length).toBeGreaterThan(1000);
    const values = ["new-value-of-one", "the-last", 'refused"', "while-the-other-is-down", "during-the-pause"];
    for (const value of [...values, await source.credential("http_token")]) expect(text).not.toContain(value);
  });
});
