import { beforeAll, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "#lib/db/test-database.ts";
import { permitFor } from "./permits.ts";
import { configureFor, samplePerson } from "./sample.ts";

let db: TestDatabase;

beforeAll(async () => {
  db = await testDatabase();
  configureFor(db.url);
});

test("a refusal is in the history, with who, what and on which secret", async () => {
  const viewer = await samplePerson(db.database, { role: "viewer" });
  await db.database.secret.create({ data: { id: "s1", clusterId: "c1", name: "db_password" } });
  expect(await permitFor(viewer, "secret.rotate", { secretId: "s1" })).toBeNull();
  const [event] = await db.database.auditEvent.findMany();
  expect(event).toMatchObject({
    type: "permit.denied",
    actorId: viewer.personId,
    clusterId: "c1",
    secretNames: ["db_password"],
  });
});

test("a permit leaves no line: what is done with it does", async () => {
  const before = await db.database.auditEvent.count();
  const operator = await samplePerson(db.database, { role: "operator" });
  expect(await permitFor(operator, "secret.rotate", { secretId: "s1" })).toMatchObject({
    action: "secret.rotate",
    subject: { secretId: "s1" },
  });
  expect(await db.database.auditEvent.count()).toBe(before);
});

test("where the history cannot be written, a refusal stays a refusal", async () => {
  const viewer = await samplePerson(db.database, { role: "viewer" });
  await expect(permitFor({ ...viewer, personId: "x".repeat(500) }, "secret.create", {})).rejects.toMatchObject({
    code: "audit-refused",
  });
});
