import { spawn } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "#lib/clock.ts";
import { closeDatabase, connectDatabase, type Database } from "#lib/db/client.ts";
import { migrate } from "#lib/db/migrate.ts";
import { listen } from "#lib/db/notify.ts";
import { type TestDatabase, testDatabase } from "#lib/db/test-database.ts";
import { configurationFrom, configure, readEnvironment } from "#lib/env.ts";
import { eraseEngine, type RunningEngine, startEngine } from "#lib/ground/engine.ts";
import { erasePostgres, startPostgres } from "#lib/ground/postgres.ts";
import { importSampleImage, sampleImage } from "#lib/ground/sample-image.ts";
import { findStep, type Operation } from "#lib/operations/ledger.ts";
import { ownRandom } from "#lib/operations/own-ports.ts";
import type { Ports } from "#lib/operations/ports.ts";
import { decideAttention } from "#lib/operations/requests/decide.ts";
import { requestUndo } from "#lib/operations/requests/undo.ts";
import { sampleChange, samplePermit, samplePlan, sampleSettings, sampleStarter } from "#lib/operations/sample.ts";
import type { Plan, PlannedChange, PlannedEdit } from "#lib/operations/schema.ts";
import { startOperation } from "#lib/operations/start.ts";
import { operationStore } from "#lib/operations/store.ts";
import { viewOf } from "#lib/operations/view.ts";
import type { Person } from "#lib/policy/schema.ts";
import { connectGateway } from "#lib/swarm/docker.ts";
import type { SwarmGateway } from "#lib/swarm/gateway.ts";
import { applyEdits } from "#lib/swarm/patch.ts";
import type { ServiceObject, TaskObject } from "#lib/swarm/schema.ts";
import { specFromText, specText } from "#lib/swarm/spec.ts";
import { SecretValue } from "#lib/value.ts";
import { startJobs } from "./start.ts";
import { startWorker, type Worker } from "./worker.ts";

/** The executor on a real Swarm and a real Postgres, many scenes side by side: each has its own secret and services. */

let folder: string;
let engine: RunningEngine;
let gateway: SwarmGateway;
let clusterId: string;
let db: TestDatabase;
let ports: Ports;
let worker: Worker;

const actor = { ...sampleStarter, role: "administrator" } as Person;

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "skep-executor-")));
  engine = await startEngine({ dataFolder: folder });
  await importSampleImage(engine.api);
  gateway = connectGateway({ endpoints: [{ host: engine.host, certPath: null, isTlsVerified: false }] });
  clusterId = (await gateway.readCluster()).id;
  db = await testDatabase();
  await addPerson(db.database);
  ports = portsOn(db.database);
  worker = startTestWorker(ports, db.url);
});

afterAll(async () => {
  await worker?.stop();
  await db?.drop();
  await eraseEngine(folder);
  rmSync(folder, { recursive: true, force: true });
});

function portsOn(database: Database): Ports {
  return { store: operationStore(database), swarm: gateway, clock: systemClock, random: ownRandom };
}

function startTestWorker(on: Ports, url: string): Worker {
  return startWorker({
    ports: on,
    owner: "test",
    scanSeconds: 1,
    listen: (handler) => listen("skep_operation", handler, url),
  });
}

async function addPerson(database: Database): Promise<void> {
  const { personId: id, email, name, role } = actor;
  await database.person.create({ data: { id, email, name, role, passwordHash: "none" } });
}

type Secret = { secretId: string; name: string; objectId: string; objectName: string; versionId: string };

/** A secret that Skep knows, adopted from the Swarm as it is. */
async function adopt(on: Ports = ports, value = "old"): Promise<Secret> {
  const secretId = randomUUID();
  const name = `s${secretId.slice(0, 8)}`;
  const secret = { name: `${name}_v1`, labels: {}, templating: null };
  const { id: objectId } = await gateway.createSecret(secret, new SecretValue(Buffer.from(value)));
  const versionId = randomUUID();
  const version = { versionId, number: 1, objectId, objectName: `${name}_v1`, createdAt: new Date().toISOString() };
  const plan = samplePlan({
    kind: "adopt",
    clusterId,
    secrets: [{ secretId, secretName: name, fromVersion: null, toVersion: 1 }],
    record: [
      { record: "adopt", secretId, name, settings: sampleSettings, versions: [{ ...version, state: "current" }] },
    ],
  });
  const permit = samplePermit("secret.adopt", { objectIds: [objectId] }, actor);
  const started = await startOperation(permit, plan, { ports: on });
  expect(started).toMatchObject({ state: "ended", outcome: "done" });
  return { secretId, name, objectId, objectName: `${name}_v1`, versionId };
}

type Making = {
  replicas?: number;
  script?: string;
  targets?: string[];
  mode?: object;
  failureAction?: "pause" | "continue" | "rollback";
  restart?: "any" | "none";
  check?: boolean;
};

const second = 1_000_000_000;

async function makeService(secret: Secret, making: Making = {}): Promise<ServiceObject> {
  const {
    replicas = 1,
    script = "exec /bin/serve",
    targets = ["s"],
    failureAction = "pause",
    restart = "any",
  } = making;
  const Secrets = targets.map((Name) => ({
    File: { Name, UID: "0", GID: "0", Mode: 0o444 },
    SecretID: secret.objectId,
    SecretName: secret.objectName,
  }));
  const Healthcheck = { Test: ["CMD", "true"], Interval: second, Retries: 1 };
  const { ID } = await engine.api.call<{ ID: string }>("POST", "/services/create", {
    Name: `${secret.name}-${randomUUID().slice(0, 4)}`,
    TaskTemplate: {
      ContainerSpec: {
        Image: sampleImage,
        Command: ["/bin/sh", "-c"],
        Args: [script],
        Secrets,
        StopGracePeriod: second,
        ...(making.check ? { Healthcheck } : {}),
      },
      RestartPolicy: { Condition: restart, Delay: second },
    },
    Mode: making.mode ?? { Replicated: { Replicas: replicas } },
    ...(making.mode && "ReplicatedJob" in making.mode
      ? {}
      : { UpdateConfig: { Parallelism: 1, Monitor: second, FailureAction: failureAction } }),
  });
  return found(await gateway.findService(ID));
}

/** Services whose tasks run. */
async function makeRunning(secret: Secret, count: number, making: Making = {}): Promise<ServiceObject[]> {
  const services = await Promise.all(Array.from({ length: count }, () => makeService(secret, making)));
  for (const { id } of services) {
    await until(async () => (await runningTasks(id)).length === (making.replicas ?? 1));
  }
  return services;
}

async function runningTasks(serviceId: string): Promise<TaskObject[]> {
  const tasks = await gateway.listTasks({ serviceIds: [serviceId] });
  return tasks.filter(({ state, desiredState }) => state === "running" && desiredState === "running");
}

function rotation(
  secret: Secret,
  services: ServiceObject[],
  over: Partial<Plan> = {},
  change: Partial<PlannedChange> = {},
): Plan {
  const versionId = randomUUID();
  const { secretId, name, objectId, objectName } = secret;
  const to = { object: "created", versionId } as const;
  const edit: PlannedEdit = { edit: "replace", fromObjectIds: [objectId], to, targets: [] };
  return samplePlan({
    clusterId,
    secrets: [{ secretId, secretName: name, fromVersion: 1, toVersion: 2 }],
    create: [
      {
        secretId,
        secretName: name,
        versionId,
        number: 2,
        objectName: `${name}_v2`,
        labelsOf: null,
        templating: null,
        value: { from: "generated", generator: { type: "hex", bytes: 16 } },
      },
    ],
    changes: services.map((service) =>
      sampleChange(service.id, [edit], { serviceName: service.name, soakSeconds: 2, ...change }),
    ),
    retire: [{ secretId, secretName: name, versionId: secret.versionId, objectId, objectName, keepSeconds: 86_400 }],
    ...over,
  });
}

async function begin(secret: Secret, plan: Plan, on: Ports = ports): Promise<string> {
  const permit =
    plan.kind === "rotate-emergency"
      ? samplePermit("secret.rotate-emergency", { secretId: secret.secretId }, actor)
      : samplePermit("secret.rotate", { secretIds: [secret.secretId] }, actor);
  return (await startOperation(permit, plan, { ports: on })).id;
}

async function ended(id: string, on: Ports = ports, seconds = 90): Promise<Operation> {
  return until(async () => {
    const operation = found(await on.store.find(id));
    return operation.state !== "open" && operation;
  }, seconds);
}

async function rotate(secret: Secret, plan: Plan): Promise<Operation> {
  return ended(await begin(secret, plan));
}

async function named(service: ServiceObject): Promise<string[]> {
  return found(await gateway.findService(service.id)).references.map(({ objectName }) => objectName);
}

function lanes(operation: Operation): string[] {
  return viewOf(operation, actor).lanes.map(({ state }) => state);
}

/** Updates that Skep sent, out of the history: with effect, by what they were for. */
async function sent(operationId: string, database = db.database): Promise<Record<string, number>> {
  const rows = await database.auditEvent.findMany({ where: { operationId, type: "call.ended", outcome: "done" } });
  const calls = rows.map(({ callKey }) => String(callKey).replace(/^([a-z-]+).*?(:[a-z]+)?$/, "$1"));
  return Object.fromEntries([...Map.groupBy(calls, (name) => name)].map(([name, all]) => [name, all.length]));
}

async function anotherHand(service: ServiceObject, change: (text: string) => string): Promise<void> {
  const present = found(await gateway.findService(service.id));
  await gateway.updateService(service.id, present.versionIndex, specFromText(change(specText(present.spec))));
}

async function objectNames(secret: Secret): Promise<string[]> {
  const objects = await gateway.listSecrets();
  return objects.flatMap(({ name }) => (name.startsWith(`${secret.name}_`) ? name : [])).toSorted();
}

function found<T>(value: T | null | undefined): T {
  expect(value ?? null).not.toBeNull();
  return value as T;
}

async function until<T>(look: () => Promise<T | null | undefined | false>, seconds = 60): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (performance.now() > deadline) throw new Error("not seen in time");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

describe.concurrent("a rotation on a real Swarm", () => {
  it.each(["together", "canary", "one-by-one"] as const)(
    "moves several services %s, keeps tasks wanted running the new version, and records it",
    async (order) => {
      const secret = await adopt();
      const services = await makeRunning(secret, 3, { replicas: 2 });
      const canaryServiceId = order === "canary" ? found(services[1]).id : null;
      const operation = await rotate(secret, rotation(secret, services, { order, canaryServiceId }));
      expect(operation).toMatchObject({ outcome: "done", verification: "running-not-verified" });
      for (const service of services) {
        expect(await named(service)).toEqual([`${secret.name}_v2`]);
        expect(await runningTasks(service.id)).toHaveLength(2);
      }
      expect(await objectNames(secret)).toEqual([`${secret.name}_v1`, `${secret.name}_v2`]);
      expect(await sent(operation.id)).toEqual({ create: 1, move: 3 });
      const versions = await db.database.version.findMany({
        where: { secretId: secret.secretId },
        orderBy: { number: "asc" },
      });
      expect(versions.map(({ state }) => state)).toEqual(["previous", "current"]);
      const grants = await db.database.grant.findMany({ where: { secretId: secret.secretId } });
      expect(grants.map(({ objectId }) => objectId)).toEqual(Array(3).fill(versions[1]?.objectId));
    },
  );

  it("brings the new value into the container, byte for byte, at its target with its mode", async () => {
    const secret = await adopt();
    const value = Buffer.from([0, 255, 13, 10, 43, 47]);
    const [before, after] = [Buffer.from("old"), value].map((bytes) => createHash("md5").update(bytes).digest("hex"));
    const script = `case "$(md5sum < /run/secrets/s) $(ls -l /run/secrets/s)" in
      "${before}  - -r--r--r--"*|"${after}  - -r--r--r--"*) exec /bin/serve;;
    esac
    exit 9`;
    const [service] = await makeRunning(secret, 1, { check: true, script });
    const plan = rotation(secret, [found(service)]);
    const create = plan.create.map((version) => ({ ...version, value: { from: "typed" } as const }));
    const versionId = found(create[0]).versionId;
    const permit = samplePermit("secret.rotate", { secretIds: [secret.secretId] }, actor);
    const values = new Map([[versionId, new SecretValue(value)]]);
    const { id } = await startOperation(permit, { ...plan, create }, { ports, values });
    expect(await ended(id)).toMatchObject({ outcome: "done", verification: "verified" });
  });
});

/** Takes the old value, which is three bytes long, and no other. */
const pickyScript = `[ "$(wc -c < /run/secrets/s)" = 3 ] || exit 7; exec /bin/serve`;

describe.concurrent("a service whose new tasks fail on a real Swarm", () => {
  it.each(["pause", "continue", "rollback"] as const)(
    "is put back with the others under failure action %s",
    async (failureAction) => {
      const secret = await adopt();
      const [good] = await makeRunning(secret, 1, { failureAction });
      const [bad] = await makeRunning(secret, 1, { failureAction, script: pickyScript });
      const services = [found(good), found(bad)];
      const operation = await rotate(secret, rotation(secret, services, { order: "one-by-one" }));
      expect(operation.outcome).toBe("undone");
      expect(lanes(operation)).toEqual(["undone", "undone"]);
      for (const service of services) {
        expect(await named(service)).toEqual([`${secret.name}_v1`]);
        expect(await runningTasks(service.id)).toHaveLength(1);
      }
      const [, lane] = viewOf(operation, actor).lanes;
      expect(lane?.error?.text).toContain("non-zero exit (7)");
      const version = await db.database.version.findFirst({ where: { secretId: secret.secretId, number: 2 } });
      expect(version).toMatchObject({ state: "abandoned" });
    },
  );

  it("stops and asks where the old value is not valid; trying again resumes it, and a person may undo it all the same", async () => {
    const secret = await adopt();
    const [bad] = await makeRunning(secret, 1, { script: pickyScript });
    const operation = await rotate(secret, rotation(secret, [found(bad)], { oldValueStaysValid: false }));
    expect(operation.state).toBe("needs-attention");
    expect(await named(found(bad))).toEqual([`${secret.name}_v2`]);
    await decideAttention(
      samplePermit("operation.decide", { operationId: operation.id, kind: "rotate" }),
      "try-again",
      ports.store,
    );
    await until(async () => (await ports.store.find(operation.id))?.state === "open");
    expect((await ended(operation.id)).state).toBe("needs-attention");
    await requestUndo(samplePermit("operation.undo", { operationId: operation.id, kind: "rotate" }), ports.store);
    await until(async () => (await ports.store.find(operation.id))?.state === "open");
    expect((await ended(operation.id)).outcome).toBe("undone");
    expect(await named(found(bad))).toEqual([`${secret.name}_v1`]);
    await until(async () => (await runningTasks(found(bad).id)).length === 1);
  });
});

describe.concurrent("another hand on a real Swarm", () => {
  it("that deployed badly while a person was asked is left alone when she tries again, and waited for", async () => {
    const secret = await adopt();
    const [bad] = await makeRunning(secret, 1, { script: pickyScript });
    const { id } = found(bad);
    const rollout = async () => found(await gateway.findService(id));
    const operation = await rotate(secret, rotation(secret, [found(bad)], { oldValueStaysValid: false }));
    expect(operation.state).toBe("needs-attention");
    const own = await until(async () => {
      const { update } = await rollout();
      return update?.state === "paused" && update.startedAt;
    });
    await anotherHand(found(bad), (text) => text.replace("/bin/sh", "/bin/not-there"));
    const theirs = await until(async () => {
      const service = await rollout();
      return service.update?.state === "paused" && service.update.startedAt !== own && service;
    });
    await decideAttention(
      samplePermit("operation.decide", { operationId: operation.id, kind: "rotate" }),
      "try-again",
      ports.store,
    );
    await until(async () => {
      const { lanes: all } = viewOf(found(await ports.store.find(operation.id)), actor);
      return all[0]?.waitsFor?.includes("paused");
    });
    await new Promise((resolve) => setTimeout(resolve, 2000));
    expect((await rollout()).versionIndex).toBe(theirs.versionIndex);
    await anotherHand(found(bad), (text) => text.replace("/bin/not-there", "/bin/sh").replace("exit 7", "true"));
    expect(await ended(operation.id)).toMatchObject({ outcome: "done" });
    expect(await sent(operation.id)).toEqual({ create: 1, move: 1 });
  });

  it("that edits, scales and redeploys in the middle is not overwritten, and watched along", async () => {
    const secret = await adopt();
    const [service] = await makeRunning(secret, 1);
    const id = await begin(secret, rotation(secret, [found(service)], {}, { soakSeconds: 6 }));
    await until(async () => findStep(found(await ports.store.find(id)), "move", found(service).id)?.state === "done");
    await anotherHand(found(service), (text) => text.replace('"Replicas":1', '"Replicas":2'));
    await anotherHand(found(service), (text) => text.replace('"Image":', '"Env":["ADDED=1"],"Image":'));
    const operation = await ended(id);
    expect(operation.outcome).toBe("done");
    const after = found(await gateway.findService(found(service).id));
    expect(after.mode).toEqual({ type: "replicated", replicas: 2 });
    expect(after.environmentNames).toEqual(["ADDED"]);
    expect(await named(found(service))).toEqual([`${secret.name}_v2`]);
    expect(await runningTasks(found(service).id)).toHaveLength(2);
  });

  it("that left a service paused finds it as it was: no update, the same tasks", async () => {
    const secret = await adopt();
    const [service] = await makeRunning(secret, 1, { replicas: 2 });
    // Its second task is taken on only after a long while: by then the rollout is paused, however slow the machine.
    const slowly = `"UpdateConfig":{"Delay":${60 * second},`;
    await anotherHand(found(service), (text) =>
      text.replace("/bin/sh", "/bin/not-there").replace('"UpdateConfig":{', slowly),
    );
    await until(async () => (await gateway.findService(found(service).id))?.update?.state === "paused");
    const before = (await runningTasks(found(service).id)).map(({ id }) => id);
    expect(before).toHaveLength(1);
    const id = await begin(secret, rotation(secret, [found(service)]));
    const waiting = await until(async () => {
      const operation = found(await ports.store.find(id));
      return viewOf(operation, actor).lanes[0]?.waitsFor?.includes("paused") && operation;
    });
    expect(waiting.state).toBe("open");
    expect((await runningTasks(found(service).id)).map((task) => task.id)).toEqual(before);
    expect(await named(found(service))).toEqual([`${secret.name}_v1`]);
    await requestUndo(samplePermit("operation.undo", { operationId: id, kind: "rotate" }), ports.store);
    expect((await ended(id)).outcome).toBe("undone");
    expect((await runningTasks(found(service).id)).map((task) => task.id)).toEqual(before);
  });

  it("that moves a service back to the old version is left alone and named", async () => {
    const secret = await adopt();
    const services = await makeRunning(secret, 2);
    const [first, last] = services.map((service) => service.id);
    const id = await begin(secret, rotation(secret, services, { order: "one-by-one" }));
    await until(async () => findStep(found(await ports.store.find(id)), "move", last ?? "")?.state === "done");
    const present = found(await gateway.findService(first ?? ""));
    const to = { objectId: secret.objectId, objectName: secret.objectName };
    const fromObjectIds = present.references.map(({ objectId }) => objectId);
    const { spec } = applyEdits(present.spec, [{ edit: "replace", fromObjectIds, to }]);
    await gateway.updateService(present.id, present.versionIndex, spec);
    const operation = await ended(id);
    expect(operation.outcome).toBe("done-left-out");
    expect(lanes(operation)).toEqual(["moved-by-another-hand", "done"]);
  });
});

describe.concurrent("kinds of services on a real Swarm", () => {
  it("a global one, one with two mounts, one asleep: all moved in one operation", async () => {
    const secret = await adopt();
    const [twice] = await makeRunning(secret, 1, { targets: ["one", "/two"] });
    const everywhere = await makeService(secret, { mode: { Global: {} } });
    const asleep = await makeService(secret, { replicas: 0 });
    await until(async () => (await runningTasks(everywhere.id)).length === 1);
    const plan = rotation(secret, [found(twice), everywhere, asleep]);
    const changes = plan.changes.map((change) =>
      change.serviceId === asleep.id ? { ...change, kind: "asleep" as const } : change,
    );
    const operation = await rotate(secret, { ...plan, changes });
    expect(operation).toMatchObject({ outcome: "done", verification: "unverified-asleep" });
    expect(await named(found(twice))).toEqual([`${secret.name}_v2`, `${secret.name}_v2`]);
    expect(await named(everywhere)).toEqual([`${secret.name}_v2`]);
    expect(await named(asleep)).toEqual([`${secret.name}_v2`]);
  });

  it("a job and one that runs to its end run again when they were ticked, and not when they were left out", async () => {
    const secret = await adopt();
    const job = await makeService(secret, {
      script: "true",
      mode: { ReplicatedJob: { MaxConcurrent: 1, TotalCompletions: 1 } },
    });
    const ending = await makeService(secret, { script: "true", restart: "none" });
    const left = await makeService(secret, { script: "true", restart: "none" });
    for (const { id } of [job, ending, left]) {
      await until(async () =>
        (await gateway.listTasks({ serviceIds: [id] })).some(({ state }) => state === "complete"),
      );
    }
    const plan = rotation(secret, [job, ending, left], {}, { kind: "runs-to-end" });
    const changes = plan.changes.map((change) =>
      change.serviceId === left.id ? { ...change, leftOut: "runs-to-end" as const } : change,
    );
    const operation = await rotate(secret, { ...plan, changes });
    expect(operation).toMatchObject({ outcome: "done-left-out", verification: "verified" });
    expect(lanes(operation)).toEqual(["done", "done", "left-out"]);
    expect(await named(left)).toEqual([`${secret.name}_v1`]);
    expect(await gateway.listTasks({ serviceIds: [left.id] })).toHaveLength(1);
  });

  it("services on two old versions move together, and go back each to its own", async () => {
    const secret = await adopt();
    const other = { ...secret, ...(await anotherVersion(secret)) };
    const [one] = await makeRunning(secret, 1);
    const [two] = await makeRunning(other, 1, { script: pickyScript });
    const plan = rotation(secret, [found(one), found(two)], { order: "one-by-one" });
    const edits = plan.changes.flatMap((change) => change.edits).slice(0, 1);
    const both = edits.map((edit) => ({ ...edit, fromObjectIds: [secret.objectId, other.objectId] }) as PlannedEdit);
    const changes = plan.changes.map((change) => ({ ...change, edits: both }));
    const operation = await rotate(secret, { ...plan, changes });
    expect(operation.outcome).toBe("undone");
    expect(await named(found(one))).toEqual([secret.objectName]);
    expect(await named(found(two))).toEqual([other.objectName]);
  });

  async function anotherVersion({ name }: Secret) {
    const objectName = `${name}_v0`;
    const secret = { name: objectName, labels: {}, templating: null };
    const { id: objectId } = await gateway.createSecret(secret, new SecretValue(Buffer.from("old")));
    return { objectId, objectName };
  }
});

describe.concurrent("removal on a real Swarm", () => {
  it("releases quiet services, restarts nothing, and removes what nothing names", async () => {
    const secret = await adopt();
    const services = await makeRunning(secret, 2);
    const plan = rotation(secret, services, { kind: "rotate-emergency", reason: "it leaked" });
    const retire = plan.retire.map((each) => ({ ...each, keepSeconds: 0 }));
    const operation = await rotate(secret, { ...plan, retire });
    expect(operation.outcome).toBe("done");
    expect(await objectNames(secret)).toEqual([`${secret.name}_v2`]);
    expect(await sent(operation.id)).toEqual({ create: 1, move: 2, release: 2, remove: 1 });
    for (const service of services) {
      const tasks = await gateway.listTasks({ serviceIds: [service.id] });
      expect(tasks).toHaveLength(2);
    }
    const version = await db.database.version.findUnique({ where: { id: secret.versionId } });
    expect(version).toMatchObject({ state: "removed" });
  });

  it("is held by what still names it, and says so", async () => {
    const secret = await adopt();
    const [moved, left] = await makeRunning(secret, 2);
    const plan = rotation(secret, [found(moved), found(left)], { kind: "rotate-emergency", reason: "it leaked" });
    const retire = plan.retire.map((each) => ({ ...each, keepSeconds: 0 }));
    const changes = plan.changes.map((change) =>
      change.serviceId === left?.id ? { ...change, leftOut: "by-choice" as const } : change,
    );
    const operation = await rotate(secret, { ...plan, retire, changes });
    expect(operation.outcome).toBe("done-left-out");
    expect(viewOf(operation, actor).next).toContain(`${left?.name} names it`);
    expect(await objectNames(secret)).toHaveLength(2);
  });
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
    const { database, url, drop } = await testDatabase();
    const { script, keepSeconds = 86_400 } = scene;
    try {
      await addPerson(database);
      const on = portsOn(database);
      const secret = await adopt(on);
      const services = await makeRunning(secret, script ? 1 : 2, script ? { script } : {});
      const child = spawn(
        process.execPath,
        [
          ...["--conditions=react-server", `${import.meta.dirname}/mortal-worker.ts`],
          ...[url, engine.host, moment, method, String(nth)],
        ],
        { stdio: ["ignore", "ignore", "inherit"] },
      );
      const death = new Promise((resolve) => child.on("exit", (_code, signal) => resolve(signal)));
      try {
        const plan = rotation(secret, services, { order: "one-by-one" });
        const retire = plan.retire.map((each) => ({ ...each, keepSeconds }));
        const id = await begin(secret, { ...plan, retire }, on);
        expect(await death).toBe("SIGKILL");
        const next = startTestWorker(on, url);
        try {
          expect(await ended(id, on)).toMatchObject({ outcome: scene.outcome });
        } finally {
          await next.stop();
        }
        for (const service of services) {
          const version = scene.outcome === "done" ? 2 : 1;
          expect(await named(service)).toEqual([`${secret.name}_v${version}`]);
          // One effective update per direction brings one task each; of those that fail, Docker forgets the older ones.
          const [present] = found(await gateway.findService(service.id)).references;
          const tasks = await gateway.listTasks({ serviceIds: [service.id] });
          const alike = tasks.filter(({ secretObjectIds }) => secretObjectIds.includes(found(present).objectId));
          expect(alike.length).toBeLessThanOrEqual(scene.outcome === "done" ? 1 : 2);
        }
        expect(await sent(id, database)).toEqual(scene.sent);
        expect(await objectNames(secret)).toEqual(scene.objects.map((number) => `${secret.name}_v${number}`));
        await expectAnswered(database, id);
      } finally {
        child.kill("SIGKILL");
      }
    } finally {
      await drop();
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
    const on = portsOn(database);
    const own = startTestWorker(on, postgres.applicationUrl);
    try {
      await addPerson(database);
      const secret = await adopt(on);
      const services = await makeRunning(secret, 2);
      const id = await begin(secret, rotation(secret, services, { order: "one-by-one" }), on);
      const [first, last] = services.map((service) => service.id);
      await until(async () => findStep(found(await on.store.find(id)), "move", first ?? "")?.state === "done");
      await postgres.stop();
      await new Promise((resolve) => setTimeout(resolve, 6000));
      expect(await named(found(services[1]))).toEqual([secret.objectName]);
      postgres = await startPostgres({ dataFolder });
      expect(await ended(id, on)).toMatchObject({ outcome: "done" });
      expect(await named(found(services[1]))).toEqual([`${secret.name}_v2`]);
      expect(await gateway.listTasks({ serviceIds: [last ?? ""] })).toHaveLength(2);
    } finally {
      await own.stop();
      await database.$disconnect();
      await erasePostgres(dataFolder);
      rmSync(dataFolder, { recursive: true, force: true });
    }
  });
});

describe("the jobs of a process", () => {
  it("resume nothing in a Swarm with objects of operations that this database does not know, until somebody decides", async () => {
    const { database, url, drop } = await testDatabase();
    configure(
      configurationFrom(readEnvironment({}), {
        databaseUrl: url,
        sessionSecret: "for-tests-only-0123456789abcdefghijklmnop",
        docker: { host: engine.host, certPath: null, isTlsVerified: false },
      }),
    );
    await addPerson(database);
    await database.swarm.create({ data: { clusterId, name: "default", isExpected: true } });
    const on = portsOn(database);
    const secret = await adopt(on);
    const [service] = await makeRunning(secret, 1);
    // As after a restored backup: what a later operation made is there, and the operation is not known.
    const labels = { "io.skep.operation": randomUUID() };
    const later = { name: `${secret.name}_v7`, labels, templating: null };
    const { id: laterId } = await gateway.createSecret(later, new SecretValue(Buffer.from("later")));
    const id = await begin(secret, rotation(secret, [found(service)]), on);
    const jobs = await startJobs();
    try {
      await until(async () => (await database.swarm.findUnique({ where: { clusterId } }))?.readOnlyReason);
      await new Promise((resolve) => setTimeout(resolve, 3000));
      expect(found(await on.store.find(id)).steps.every(({ attempt }) => attempt === 0)).toBe(true);
      expect(await sent(id, database)).toEqual({});
      expect(await objectNames(secret)).toEqual([`${secret.name}_v1`, `${secret.name}_v7`]);
      const names = (await gateway.listSecrets()).flatMap((each) => each.labels["io.skep.operation"] ?? []);
      await database.setting.create({ data: { key: `accepted-operations:${clusterId}`, value: names } });
      await database.swarm.update({ where: { clusterId }, data: { readOnlyReason: null } });
      expect(await ended(id, on)).toMatchObject({ outcome: "done" });
      expect(await named(found(service))).toEqual([`${secret.name}_v2`]);
    } finally {
      await jobs.stop();
      await closeDatabase();
      await gateway.removeSecret(laterId);
      await drop();
    }
  });

  it("carry operations on, remove what has had its time, and write down what others change", async () => {
    const { database, url, drop } = await testDatabase();
    configure(
      configurationFrom(readEnvironment({}), {
        databaseUrl: url,
        sessionSecret: "for-tests-only-0123456789abcdefghijklmnop",
        docker: { host: engine.host, certPath: null, isTlsVerified: false },
      }),
    );
    await addPerson(database);
    await database.swarm.create({ data: { clusterId, name: "default", isExpected: true } });
    await database.setting.create({ data: { key: "automation", value: { isPaused: true } } });
    // Objects that the other scenes have made belong to operations that this database does not know.
    const others = (await gateway.listSecrets()).flatMap(({ labels }) => labels["io.skep.operation"] ?? []);
    await database.setting.create({ data: { key: `accepted-operations:${clusterId}`, value: others } });
    const on = portsOn(database);
    const jobs = await startJobs();
    try {
      const secret = await adopt(on);
      const [service] = await makeRunning(secret, 1);
      const plan = rotation(secret, [found(service)]);
      const retire = plan.retire.map((each) => ({ ...each, keepSeconds: 1 }));
      expect((await ended(await begin(secret, { ...plan, retire }, on), on)).outcome).toBe("done");
      await new Promise((resolve) => setTimeout(resolve, 3000));
      expect(await objectNames(secret)).toHaveLength(2);
      await database.setting.update({ where: { key: "automation" }, data: { value: { isPaused: false } } });
      await until(async () => (await objectNames(secret)).length === 1, 45);
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
