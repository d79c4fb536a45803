import { beforeEach, expect, it } from "vitest";
import { configureFor } from "#lib/auth/sample.ts";
import { type TestDatabase, testDatabase } from "#lib/db/test-database.ts";
import { gatewayOf } from "#lib/operations/model/gateway.ts";
import { ModelSwarm } from "#lib/operations/model/swarm.ts";
import { readFacts } from "./facts.ts";

const swarm = new ModelSwarm();
let db: TestDatabase;

beforeEach(async () => {
  db = await testDatabase();
  configureFor(db.url);
  const settings = { kind: "http", address: "https://partner.example", credential: "key", logins: ["app_a"] };
  const generator = { type: "hex", bytes: 24 };
  for (const id of ["shop", "other"]) {
    await db.database.rotator.create({ data: { id, name: id, settings, generator, createdBy: "ada" } });
  }
});

type Marked = { state: string; rotatorId: string | null; login?: string | null; clusterId?: string };

async function secret(id: string, versions: Marked[], { attachedTo, isRetired = false }: Attached = {}): Promise<void> {
  const { clusterId } = swarm;
  const rows = versions.map((version, place) => {
    const objectName = `${id}_v${place + 1}`;
    return {
      clusterId,
      login: "app_a",
      ...version,
      id: objectName,
      number: place + 1,
      objectName,
      objectId: objectName,
    };
  });
  const removedAt = isRetired ? new Date() : null;
  await db.database.secret.create({ data: { id, clusterId, name: id, removedAt, versions: { create: rows } } });
  if (attachedTo === undefined) return;
  const attachment = { secretId: id, rotatorId: attachedTo, template: "{{password}}", attachedBy: "ada" };
  await db.database.attachment.create({ data: attachment });
}

type Attached = { attachedTo?: string; isRetired?: boolean };

const found = async (id: string) =>
  (await readFacts({ id }, gatewayOf(swarm))).passwords.map(({ secretName, objectId, login }) => [
    secretName,
    objectId,
    login,
  ]);

it("a plan knows who has a rotator's password by a secret that was detached from it, or retired", async () => {
  await secret("db", [{ state: "current", rotatorId: "shop" }], { attachedTo: "shop" });
  await secret("detached", [
    { state: "removed", rotatorId: "shop" },
    { state: "previous", rotatorId: "shop", login: null },
    { state: "current", rotatorId: null, login: null },
  ]);
  await secret("moved", [{ state: "previous", rotatorId: "shop" }], { attachedTo: "other" });
  await secret("retired", [{ state: "previous", rotatorId: "shop" }], { attachedTo: "shop", isRetired: true });
  await secret("foreign", [{ state: "current", rotatorId: "other" }]);
  await secret("elsewhere", [{ state: "current", rotatorId: "shop", clusterId: "another swarm" }]);
  expect(await found("db")).toEqual([
    ["db", "db_v1", "app_a"],
    ["detached", "detached_v2", null],
    ["moved", "moved_v1", "app_a"],
    ["retired", "retired_v1", "app_a"],
  ]);
});

it("a plan of what is attached to nothing asks nobody", async () => {
  await secret("db", [{ state: "current", rotatorId: "shop" }]);
  expect(await found("db")).toEqual([]);
});
