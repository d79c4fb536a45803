import { expect, it } from "vitest";
import { testDatabase } from "./test-database.ts";
import { transaction } from "./transaction.ts";

const { database, url } = await testDatabase();
const secret = { id: "s1", clusterId: "c1", name: "db_password" };

it("keeps all of a transaction or nothing", async () => {
  const failing = transaction(
    async (tx) => {
      await tx.secret.create({ data: secret });
      throw new RangeError("own");
    },
    { database },
  );
  await expect(failing).rejects.toThrow(RangeError);
  expect(await database.secret.count()).toBe(0);
});
it("x", () => {
  expect(url).toContain("test_");
});
