import { beforeAll, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "#lib/db/test-database.ts";
import { permitFor } from "./permits.ts";
import { configureFor, samplePerson } from "./sample.ts";

let db: TestDatabase;

beforeAll(async () => {
  db = await testDatabase();
  configureFor(db.url);
});

test("a refusal is in the history, with who, what and on which secrets", async () => {
  const viewer = await samplePerson(db.database, { role: "viewer" });
  const names = { s1: "db_password", s2: "api_key" };
  for (const [id, name] of Object.entries(names))
    await db.database.secret.create({ data: { id, clusterId: "c1", name } });
  expect(await permitFor(viewer, "secret.rotate", { secretIds: ["s1", "s2", "unknown"] })).toBeNull();
  const [event] = await db.database.auditEvent.findMany();
  expect(event).toMatchObject({
    type: "permit.denied",
    actorId: viewer.personId,
    clusterId: "c1",
    secretNames: ["api_key", "db_password"],
  });
});

test("a permit leaves no line: what is done with it does", async () => {
  const before = await db.database.auditEvent.count();
  const operator = await samplePerson(db.database, { role: "operator" });
  expect(await permitFor(operator, "secret.rotate", { secretIds: ["s1"] })).toMatchObject({
    action: "secret.rotate",
    subject: { secretIds: ["s1"] },
  });
  expect(await db.database.auditEvent.count()).toBe(before);
});

test("where the history cannot be written, a refusal stays a refusal", async () => {
  const viewer = await samplePerson(db.database, { role: "viewer" });
  await expect(permitFor({ ...viewer, personId: "x".repeat(500) }, "secret.create", {})).rejects.toMatchObject({
    code: "audit-refused",
  });
});
