import { expect, test } from "vitest";
import { samplePerson } from "#lib/auth/sample.ts";
import { testDatabase } from "#lib/db/test-database.ts";
import { operationStore } from "./store.ts";

const { database } = await testDatabase();

test("rights are those of now: another role counts at once, a disabled person has none", async () => {
  const store = operationStore(database);
  const { personId } = await samplePerson(database, { role: "operator" });
  expect(await store.findRole(personId)).toBe("operator");
  await database.person.update({ where: { id: personId }, data: { role: "viewer" } });
  expect(await store.findRole(personId)).toBe("viewer");
  await database.person.update({ where: { id: personId }, data: { disabledAt: new Date() } });
  expect(await store.findRole(personId)).toBeNull();
  expect(await store.findRole("nobody")).toBeNull();
});
