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
import { compareValue } from "./compare.ts";

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
  compareValue(permit, new SecretValue(Buffer.from(text)), { gateway, now });

describe("asking whether a value is the one that is there", () => {
  it("is answered by the Swarm, and leaves the secret as it was", async () => {
    const before = await gateway.listSecrets();
    expect(await ask(canary)).toEqual({ answer: "equal", asksLeft: 4 });
    expect(await ask(`${canary}!`)).toEqual({ answer: "different", asksLeft: 3 });
    expect(await gateway.listSecrets()).toEqual(before);
  });

  it("is possible five times an hour, also for many at once, and again an hour later", async () => {
    const results = await Promise.allSettled([ask("a"), ask("b"), ask("c"), ask("d"), ask("e")]);
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(3);
    await expect(ask(canary)).rejects.toMatchObject({ code: "throttled" });
    expect(await ask(canary, new Date(Date.now() + 3_601_000))).toMatchObject({ answer: "equal" });
  });

  it("is in the history with its answer, and nowhere with the value", async () => {
    const rows = await db.database.auditEvent.findMany();
    const bodies = rows.map(({ body }) => Buffer.from(body).toString());
    const answers = bodies.map((body) => (JSON.parse(body) as { detail: { answer: string } }).detail.answer);
    expect(answers.sort()).toEqual(["different", "different", "different", "different", "equal", "equal"]);
    expect(bodies.join("")).not.toMatch(/canary|Y2FuYXJ5/);
    expect(JSON.stringify(await db.database.valueComparison.findMany())).not.toMatch(/canary/);
  });

  it("forgets the value, also when it is refused", async () => {
    const value = new SecretValue(Buffer.from(canary));
    await expect(compareValue(permit, value, { gateway })).rejects.toMatchObject({ code: "throttled" });
    await expect(value.use(async () => 1)).rejects.toMatchObject({ code: "value-lost" });
  });
});
