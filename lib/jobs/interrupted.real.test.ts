import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { connectDatabase, type Database } from "#lib/db/client.ts";
import { migrate } from "#lib/db/migrate.ts";
import { testDatabase } from "#lib/db/test-database.ts";
import { erasePostgres, startPostgres } from "#lib/ground/postgres.ts";
import { type TestSwarm, testSwarm } from "#lib/ground/test-swarm.ts";
import { findStep } from "#lib/operations/ledger.ts";
import {
  adopt,
  begin,
  ended,
  found,
  makeRunning,
  named,
  objectNames,
  pickyScript,
  rotation,
  sent,
  stageOn,
  startTestWorker,
  until,
} from "./scene.ts";
import type { Worker } from "./worker.ts";

let swarm: TestSwarm;

beforeAll(async () => {
  swarm = await testSwarm();
});

describe.concurrent("a worker process that is killed", () => {
  type Scene = {
    script?: string;
    keepSeconds?: number;
    outcome: "done" | "undone";
    objects: number[];
    sent: Record<string, number>;
  };
  const rotating: Scene = { outcome: "done", objects: [1, 2], sent: { create: 1, move: 2 } };
  const undoing: Scene = {
    script: pickyScript,
    outcome: "undone",
    objects: [1, 2],
    sent: { create: 1, move: 1, undo: 1 },
  };
  const removing: Scene = {
    keepSeconds: 0,
    outcome: "done",
    objects: [2],
    sent: { create: 1, move: 2, release: 2, remove: 1 },
  };
  const deaths: ["before" | "during" | "after", string, number, Scene][] = [
    ["before", "createSecret", 1, rotating],
    ["during", "createSecret", 1, rotating],
    ["after", "createSecret", 1, rotating],
    ["before", "updateService", 1, rotating],
    ["during", "updateService", 2, rotating],
    ["after", "updateService", 2, rotating],
    ["before", "listServices", 4, rotating],
    ["after", "save", 12, rotating],
    ["before", "updateService", 2, undoing],
    ["during", "updateService", 2, undoing],
    ["after", "updateService", 2, undoing],
    ["during", "updateService", 3, removing],
    ["during", "removeSecret", 1, removing],
  ];

  it.each(deaths)("%s its call of %s (number %i) leaves the same end", async (moment, method, nth, scene) => {
    const db = await testDatabase();
    const { script, keepSeconds = 86_400 } = scene;
    try {
      const stage = await stageOn(swarm, db);
      const secret = await adopt(stage);
      const services = await makeRunning(stage, secret, script ? 1 : 2, script ? { script } : {});
      const child = spawn(
        process.execPath,
        [
          ...["--conditions=react-server", `${import.meta.dirname}/mortal-worker.ts`],
          ...[stage.databaseUrl, stage.host, moment, method, String(nth)],
        ],
        { stdio: ["ignore", "ignore", "inherit"] },
      );
      const death = new Promise((resolve) => child.on("exit", (_code, signal) => resolve(signal)));
      try {
        const plan = rotation(stage, secret, services, { order: "one-by-one" });
        const retire = plan.retire.map((each) => ({ ...each, keepSeconds }));
        const id = await begin(stage, secret, { ...plan, retire });
        expect(await death).toBe("SIGKILL");
        const next = startTestWorker(stage);
        try {
          expect(await ended(stage, id)).toMatchObject({ outcome: scene.outcome });
        } finally {
          await next.stop();
        }
        for (const service of services) {
          const version = scene.outcome === "done" ? 2 : 1;
          expect(await named(stage, service)).toEqual([`${secret.name}_v${version}`]);
          // One effective update per direction brings one task each; of those that fail, Docker forgets the older ones.
          const [present] = found(await swarm.gateway.findService(service.id)).references;
          const tasks = await swarm.gateway.listTasks({ serviceIds: [service.id] });
          const alike = tasks.filter(({ secretObjectIds }) => secretObjectIds.includes(found(present).objectId));
          expect(alike.length).toBeLessThanOrEqual(scene.outcome === "done" ? 1 : 2);
        }
        expect(await sent(stage, id)).toEqual(scene.sent);
        expect(await objectNames(stage, secret)).toEqual(scene.objects.map((number) => `${secret.name}_v${number}`));
        await expectAnswered(db.database, id);
      } finally {
        child.kill("SIGKILL");
      }
    } finally {
      await db.drop();
    }
  });

  /** Every intent has its one end. */
  async function expectAnswered(database: Database, operationId: string): Promise<void> {
    const rows = await database.auditEvent.findMany({ where: { operationId } });
    const keys = (type: string) =>
      rows
        .filter((row) => row.type === type)
        .map(({ callKey }) => callKey)
        .toSorted();
    expect(keys("call.ended")).toEqual(keys("call.intended"));
    expect(new Set(keys("call.intended")).size).toBe(keys("call.intended").length);
  }
});

describe("Postgres", () => {
  it("stopped and started in the middle: no call meanwhile, and the operation goes on to its end", async () => {
    const dataFolder = mkdtempSync(join(tmpdir(), "skep-own-postgres-"));
    let postgres = await startPostgres({ dataFolder });
    await migrate({ ownerUrl: postgres.ownerUrl, applicationUrl: postgres.applicationUrl });
    const database = connectDatabase(postgres.applicationUrl);
    let worker: Worker | null = null;
    try {
      const stage = await stageOn(swarm, { url: postgres.applicationUrl, database });
      worker = startTestWorker(stage);
      const secret = await adopt(stage);
      const services = await makeRunning(stage, secret, 2);
      const id = await begin(stage, secret, rotation(stage, secret, services, { order: "one-by-one" }));
      const [first, last] = services.map((service) => service.id);
      await until(async () => findStep(found(await stage.ports.store.find(id)), "move", first ?? "")?.state === "done");
      await postgres.stop();
      await new Promise((resolve) => setTimeout(resolve, 6000));
      expect(await named(stage, found(services[1]))).toEqual([secret.objectName]);
      postgres = await startPostgres({ dataFolder });
      expect(await ended(stage, id)).toMatchObject({ outcome: "done" });
      expect(await named(stage, found(services[1]))).toEqual([`${secret.name}_v2`]);
      expect(await swarm.gateway.listTasks({ serviceIds: [last ?? ""] })).toHaveLength(2);
    } finally {
      await worker?.stop();
      await database.$disconnect();
      await erasePostgres(dataFolder);
      rmSync(dataFolder, { recursive: true, force: true });
    }
  });
});
