import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { closeDatabase } from "#lib/db/client.ts";
import { testDatabase } from "#lib/db/test-database.ts";
import { configurationFrom, configure, readEnvironment } from "#lib/env.ts";
import { type TestSwarm, testSwarm } from "#lib/ground/test-swarm.ts";
import { SecretValue } from "#lib/value.ts";
import {
  actor,
  adopt,
  begin,
  ended,
  found,
  makeRunning,
  named,
  objectNames,
  rotation,
  type Stage,
  sent,
  stageOn,
  until,
} from "./scene.ts";
import { startJobs } from "./start.ts";

let swarm: TestSwarm;

beforeAll(async () => {
  swarm = await testSwarm();
});

/** The jobs of this process are to be those of a Skep with a database of its own, which expects this Swarm. */
async function configured(): Promise<{ stage: Stage; drop(): Promise<void> }> {
  const db = await testDatabase();
  const { host, clusterId } = swarm;
  configure(
    configurationFrom(readEnvironment({}), {
      databaseUrl: db.url,
      sessionSecret: "for-tests-only-0123456789abcdefghijklmnop",
      docker: { host, certPath: null, isTlsVerified: false },
    }),
  );
  const stage = await stageOn(swarm, db);
  await db.database.swarm.create({ data: { clusterId, name: "default", isExpected: true } });
  return { stage, drop: db.drop };
}

describe("the jobs of a process", () => {
  it("resume nothing in a Swarm with objects of operations that this database does not know, until somebody decides", async () => {
    const { stage, drop } = await configured();
    const { clusterId, database, gateway } = stage;
    const secret = await adopt(stage);
    const [service] = await makeRunning(stage, secret, 1);
    // As after a restored backup: what a later operation made is there, and the operation is not known.
    const labels = { "io.skep.operation": randomUUID() };
    const later = { name: `${secret.name}_v7`, labels, templating: null };
    const { id: laterId } = await gateway.createSecret(later, new SecretValue(Buffer.from("later")));
    const id = await begin(stage, secret, rotation(stage, secret, [found(service)]));
    const jobs = await startJobs();
    try {
      await until(async () => (await database.swarm.findUnique({ where: { clusterId } }))?.readOnlyReason);
      await new Promise((resolve) => setTimeout(resolve, 3000));
      expect(found(await stage.ports.store.find(id)).steps.every(({ attempt }) => attempt === 0)).toBe(true);
      expect(await sent(stage, id)).toEqual({});
      expect(await objectNames(stage, secret)).toEqual([`${secret.name}_v1`, `${secret.name}_v7`]);
      const names = (await gateway.listSecrets()).flatMap((each) => each.labels["io.skep.operation"] ?? []);
      await database.setting.create({ data: { key: `accepted-operations:${clusterId}`, value: names } });
      await database.swarm.update({ where: { clusterId }, data: { readOnlyReason: null } });
      expect(await ended(stage, id)).toMatchObject({ outcome: "done" });
      expect(await named(stage, found(service))).toEqual([`${secret.name}_v2`]);
    } finally {
      await jobs.stop();
      await closeDatabase();
      await gateway.removeSecret(laterId);
      await drop();
    }
  });

  it("carry operations on, remove what has had its time, and write down what others change", async () => {
    const { stage, drop } = await configured();
    const { clusterId, database, gateway } = stage;
    await database.setting.create({ data: { key: "automation", value: { isPaused: true } } });
    // What the scene before has made belongs to an operation that this database does not know.
    const others = (await gateway.listSecrets()).flatMap(({ labels }) => labels["io.skep.operation"] ?? []);
    await database.setting.create({ data: { key: `accepted-operations:${clusterId}`, value: others } });
    const jobs = await startJobs();
    try {
      const secret = await adopt(stage);
      const [service] = await makeRunning(stage, secret, 1);
      const plan = rotation(stage, secret, [found(service)]);
      const retire = plan.retire.map((each) => ({ ...each, keepSeconds: 1 }));
      expect((await ended(stage, await begin(stage, secret, { ...plan, retire }))).outcome).toBe("done");
      await new Promise((resolve) => setTimeout(resolve, 3000));
      expect(await objectNames(stage, secret)).toHaveLength(2);
      await database.setting.update({ where: { key: "automation" }, data: { value: { isPaused: false } } });
      await until(async () => (await objectNames(stage, secret)).length === 1);
      const removal = found(await database.operation.findFirst({ where: { kind: "retire" } }));
      expect(removal.actor).toEqual({ type: "schedule", setBy: actor.name });
      await gateway.createSecret(
        { name: `${secret.name}-foreign`, labels: {}, templating: null },
        new SecretValue(Buffer.from("x")),
      );
      await until(async () =>
        database.auditEvent.findFirst({ where: { secretNames: { has: `${secret.name}-foreign` } } }),
      );
      const outside = await database.auditEvent.findMany({
        where: { type: { startsWith: "outside." }, secretNames: { has: `${secret.name}_v2` } },
      });
      expect(outside).toEqual([]);
    } finally {
      await jobs.stop();
      await closeDatabase();
      await drop();
    }
  });
});
