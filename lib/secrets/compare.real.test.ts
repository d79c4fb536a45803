import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { configureFor, samplePerson } from "#lib/auth/sample.ts";
import { closeDatabase } from "#lib/db/client.ts";
import { type TestDatabase, testDatabase } from "#lib/db/test-database.ts";
import { eraseEngine, startEngine } from "#lib/ground/engine.ts";
import { decide, type Permit } from "#lib/policy/permit.ts";
import { connectGateway } from "#lib/swarm/docker.ts";
import type { SwarmGateway } from "#lib/swarm/gateway.ts";
import { SecretValue } from "#lib/value.ts";
import { isSameAsNow } from "./compare.ts";

const canary = "canary-7c1d0e4b-compare";
let folder: string;
let db: TestDatabase;
let gateway: SwarmGateway;
let permit: Permit<"secret.compare">;

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "skep-compare-")));
  const engine = await startEngine({ dataFolder: folder });
  gateway = connectGateway({ endpoints: [{ host: engine.host, certPath: null, isTlsVerified: false }] });
  db = await testDatabase();
  configureFor(db.url);
  const { id: clusterId } = await gateway.readCluster();
  const value = new SecretValue(Buffer.from(canary));
  const object = await gateway.createSecret({ name: "db_v1", labels: {}, templating: null }, value);
  await db.database.secret.create({
    data: {
      id: "secret-1",
      clusterId,
      name: "db",
      versions: {
        create: { id: "v1", clusterId, number: 1, objectId: object.id, objectName: "db_v1", state: "current" },
      },
    },
  });
  const issued = decide(await samplePerson(db.database), "secret.compare", { secretId: "secret-1" });
  if (!issued) throw new Error("no permit");
  permit = issued;
});

afterAll(async () => {
  await closeDatabase();
  await db?.drop();
  await eraseEngine(folder);
  rmSync(folder, { recursive: true, force: true });
});

const ask = (text: string, now = new Date()) =>
  isSameAsNow(permit, new SecretValue(Buffer.from(text)), { gateway, now });
const answers = async () => {
  const rows = await db.database.auditEvent.findMany({
    where: { type: "value.compared" },
    orderBy: { sequence: "asc" },
  });
  const bodies = rows.map(({ body }) => Buffer.from(body).toString());
  expect(bodies.join("")).not.toMatch(/canary|Y2FuYXJ5/);
  return bodies.map((body) => (JSON.parse(body) as { detail: { answer: string } }).detail.answer);
};

describe("asking whether a value is the one that is there", () => {
  it("is answered by the Swarm, and leaves the secret as it was", async () => {
    const before = await gateway.listSecrets();
    expect(await ask(canary)).toBe(true);
    expect(await ask(`${canary}!`)).toBe(false);
    expect(await gateway.listSecrets()).toEqual(before);
  });

  it("is in the history with its answer, and nowhere with the value", async () => {
    expect(await answers()).toEqual(["equal", "different"]);
    expect(JSON.stringify(await db.database.valueComparison.findMany())).not.toMatch(/canary/);
  });

  it("asks the Swarm five times an hour, also for many at once, and again an hour later", async () => {
    await Promise.all(["a", "b", "c", "d", "e"].map((text) => ask(text)));
    expect(await answers()).toHaveLength(5);
    expect(await ask(canary)).toBe(false);
    expect(await answers()).toHaveLength(5);
    expect(await ask(canary, new Date(Date.now() + 3_601_000))).toBe(true);
  });

  it("leaves the value to who asks, since it is still needed", async () => {
    const value = new SecretValue(Buffer.from(canary));
    await isSameAsNow(permit, value, { gateway });
    expect(await value.use(async (bytes) => Buffer.from(bytes).toString())).toBe(canary);
  });
});
