import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { configureFor, samplePerson } from "#lib/auth/sample.ts";
import { type TestDatabase, testDatabase } from "#lib/db/test-database.ts";
import { decide, type Permit } from "#lib/policy/permit.ts";
import { openHttpStage } from "#lib/sources/doubles/http.ts";
import { placeCredentials, type Stage } from "#lib/sources/doubles/stage.ts";
import { closeSources } from "./opened-sources.ts";
import { listSources } from "./source-queries.ts";
import { sourceText } from "./source-text.ts";
import { addSource, changeSource, removeSource } from "./sources.ts";

const folder = mkdtempSync(join(tmpdir(), "skep-credentials-"));
process.env.SKEP_CREDENTIAL_DIR = folder;
const name = "config";
let one: Stage;
let other: Stage;
let db: TestDatabase;
let edit: Permit<"source.edit">;
let read: Permit<"source.read">;

beforeAll(async () => {
  [one, other] = await Promise.all([openHttpStage(), openHttpStage()]);
  await placeCredentials(one, folder);
});
afterAll(async () => {
  await closeSources();
  await Promise.all([one.end(), other.end()]);
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  db = await testDatabase();
  configureFor(db.url);
  const administrator = await samplePerson(db.database, { role: "administrator" });
  const permits = [decide(administrator, "source.edit", {}), decide(administrator, "source.read", {})] as const;
  if (!permits[0] || !permits[1]) throw new Error("no permit");
  [edit, read] = permits;
});

async function told(): Promise<string[]> {
  const rows = await db.database.auditEvent.findMany({ orderBy: { sequence: "asc" } });
  return rows.map(({ body }) => JSON.parse(Buffer.from(body).toString("utf8")).detail.what);
}

test("the history says where a source's credential is sent, and where it was sent before", async () => {
  const { id } = await addSource(edit, { name, settings: one.settings });
  await changeSource(edit, id, { name, settings: other.settings });
  await changeSource(edit, id, { name: "renamed", settings: other.settings });
  const [before, after] = [sourceText(one.settings), sourceText(other.settings)];
  expect(before).not.toBe(after);
  expect(await told()).toEqual([before, `${after}; before: ${before}`, after]);
});

test("a source whose settings nobody understands takes away no other, is entered anew, and is removed", async () => {
  const { id } = await addSource(edit, { name, settings: one.settings });
  await addSource(edit, { name: "healthy", settings: other.settings });
  const spoil = (settings: object) => db.database.source.update({ where: { id }, data: { settings } });
  await spoil({ kind: "http", address: "nowhere" });
  expect(await listSources(read)).toMatchObject([
    { name, settings: null, failure: { sentence: expect.stringContaining("are not complete") } },
    { name: "healthy", settings: other.settings, failure: null },
  ]);
  await changeSource(edit, id, { name, settings: one.settings });
  expect(await listSources(read)).toMatchObject([{ settings: one.settings, failure: null }, { name: "healthy" }]);
  await spoil({ kind: "of a newer Skep" });
  await removeSource(edit, id);
  expect((await told()).at(-1)).toBe("settings that Skep does not understand");
});
