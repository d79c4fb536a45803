import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testDatabase } from "#lib/db/test-database.ts";
import { testSwarm } from "#lib/ground/test-swarm.ts";
import { decideAttention } from "#lib/operations/requests/decide.ts";
import { requestUndo } from "#lib/operations/requests/undo.ts";
import { samplePermit } from "#lib/operations/sample.ts";
import type { PlannedEdit } from "#lib/operations/schema.ts";
import { startOperation } from "#lib/operations/start.ts";
import { viewOf } from "#lib/operations/view.ts";
import { SecretValue } from "#lib/value.ts";
import {
  actor,
  adopt,
  ended,
  found,
  lanes,
  makeRunning,
  makeService,
  named,
  objectNames,
  pickyScript,
  rotate,
  rotation,
  runningTasks,
  type Secret,
  type Stage,
  sent,
  stageOn,
  startTestWorker,
  until,
} from "./scene.ts";
import type { Worker } from "./worker.ts";

let stage: Stage;
let worker: Worker;

beforeAll(async () => {
  stage = await stageOn(await testSwarm(), await testDatabase());
  worker = startTestWorker(stage);
});

afterAll(() => worker?.stop());

describe.concurrent("a rotation on a real Swarm", () => {
  it.each(["together", "canary", "one-by-one"] as const)(
    "moves several services %s, keeps tasks wanted running the new version, and records it",
    async (order) => {
      const secret = await adopt(stage);
      const services = await makeRunning(stage, secret, 3, { replicas: 2 });
      const canaryServiceId = order === "canary" ? found(services[1]).id : null;
      const operation = await rotate(stage, secret, rotation(stage, secret, services, { order, canaryServiceId }));
      expect(operation).toMatchObject({ outcome: "done", verification: "running-not-verified" });
      for (const service of services) {
        expect(await named(stage, service)).toEqual([`${secret.name}_v2`]);
        expect(await runningTasks(stage, service.id)).toHaveLength(2);
      }
      expect(await objectNames(stage, secret)).toEqual([`${secret.name}_v1`, `${secret.name}_v2`]);
      expect(await sent(stage, operation.id)).toEqual({ create: 1, move: 3 });
      const versions = await stage.database.version.findMany({
        where: { secretId: secret.secretId },
        orderBy: { number: "asc" },
      });
      expect(versions.map(({ state }) => state)).toEqual(["previous", "current"]);
      const grants = await stage.database.grant.findMany({ where: { secretId: secret.secretId } });
      expect(grants.map(({ objectId }) => objectId)).toEqual(Array(3).fill(versions[1]?.objectId));
    },
  );

  it("brings the new value into the container, byte for byte, at its target with its mode", async () => {
    const secret = await adopt(stage);
    const value = Buffer.from([0, 255, 13, 10, 43, 47]);
    const [before, after] = [Buffer.from("old"), value].map((bytes) => createHash("md5").update(bytes).digest("hex"));
    const script = `case "$(md5sum < /run/secrets/s) $(ls -l /run/secrets/s)" in
      "${before}  - -r--r--r--"*|"${after}  - -r--r--r--"*) exec /bin/serve;;
    esac
    exit 9`;
    const [service] = await makeRunning(stage, secret, 1, { check: true, script });
    const plan = rotation(stage, secret, [found(service)]);
    const create = plan.create.map((version) => ({ ...version, value: { from: "typed" } as const }));
    const versionId = found(create[0]).versionId;
    const permit = samplePermit("secret.rotate", { secretIds: [secret.secretId] }, actor);
    const values = new Map([[versionId, new SecretValue(value)]]);
    const { id } = await startOperation(permit, { ...plan, create }, { ports: stage.ports, values });
    expect(await ended(stage, id)).toMatchObject({ outcome: "done", verification: "verified" });
  });
});

describe.concurrent("a service whose new tasks fail on a real Swarm", () => {
  it.each(["pause", "continue", "rollback"] as const)(
    "is put back with the others under failure action %s",
    async (failureAction) => {
      const secret = await adopt(stage);
      const [good] = await makeRunning(stage, secret, 1, { failureAction });
      const [bad] = await makeRunning(stage, secret, 1, { failureAction, script: pickyScript });
      const services = [found(good), found(bad)];
      const operation = await rotate(stage, secret, rotation(stage, secret, services, { order: "one-by-one" }));
      expect(operation.outcome).toBe("undone");
      expect(lanes(operation)).toEqual(["undone", "undone"]);
      for (const service of services) {
        expect(await named(stage, service)).toEqual([`${secret.name}_v1`]);
        expect(await runningTasks(stage, service.id)).toHaveLength(1);
      }
      const [, lane] = viewOf(operation, actor).lanes;
      expect(lane?.error?.text).toContain("non-zero exit (7)");
      const version = await stage.database.version.findFirst({ where: { secretId: secret.secretId, number: 2 } });
      expect(version).toMatchObject({ state: "abandoned" });
    },
  );

  it("stops and asks where the old value is not valid; trying again resumes it, and a person may undo it all the same", async () => {
    const secret = await adopt(stage);
    const [bad] = await makeRunning(stage, secret, 1, { script: pickyScript });
    const operation = await rotate(stage, secret, rotation(stage, secret, [found(bad)], { oldValueStaysValid: false }));
    expect(operation.state).toBe("needs-attention");
    expect(await named(stage, found(bad))).toEqual([`${secret.name}_v2`]);
    await decideAttention(
      samplePermit("operation.decide", { operationId: operation.id, kind: "rotate" }),
      "try-again",
      stage.ports.store,
    );
    await until(async () => (await stage.ports.store.find(operation.id))?.state === "open");
    expect((await ended(stage, operation.id)).state).toBe("needs-attention");
    await requestUndo(samplePermit("operation.undo", { operationId: operation.id, kind: "rotate" }), stage.ports.store);
    await until(async () => (await stage.ports.store.find(operation.id))?.state === "open");
    expect((await ended(stage, operation.id)).outcome).toBe("undone");
    expect(await named(stage, found(bad))).toEqual([`${secret.name}_v1`]);
    await until(async () => (await runningTasks(stage, found(bad).id)).length === 1);
  });
});

describe.concurrent("kinds of services on a real Swarm", () => {
  it("a global one, one with two mounts, one asleep: all moved in one operation", async () => {
    const secret = await adopt(stage);
    const [twice] = await makeRunning(stage, secret, 1, { targets: ["one", "/two"] });
    const everywhere = await makeService(stage, secret, { mode: { Global: {} } });
    const asleep = await makeService(stage, secret, { replicas: 0 });
    await until(async () => (await runningTasks(stage, everywhere.id)).length === 1);
    const plan = rotation(stage, secret, [found(twice), everywhere, asleep]);
    const changes = plan.changes.map((change) =>
      change.serviceId === asleep.id ? { ...change, kind: "asleep" as const } : change,
    );
    const operation = await rotate(stage, secret, { ...plan, changes });
    expect(operation).toMatchObject({ outcome: "done", verification: "unverified-asleep" });
    expect(await named(stage, found(twice))).toEqual([`${secret.name}_v2`, `${secret.name}_v2`]);
    expect(await named(stage, everywhere)).toEqual([`${secret.name}_v2`]);
    expect(await named(stage, asleep)).toEqual([`${secret.name}_v2`]);
  });

  it("a job and one that runs to its end run again when they were ticked, and not when they were left out", async () => {
    const secret = await adopt(stage);
    const job = await makeService(stage, secret, {
      script: "true",
      mode: { ReplicatedJob: { MaxConcurrent: 1, TotalCompletions: 1 } },
    });
    const ending = await makeService(stage, secret, { script: "true", restart: "none" });
    const left = await makeService(stage, secret, { script: "true", restart: "none" });
    for (const { id } of [job, ending, left]) {
      await until(async () =>
        (await stage.gateway.listTasks({ serviceIds: [id] })).some(({ state }) => state === "complete"),
      );
    }
    const plan = rotation(stage, secret, [job, ending, left], {}, { kind: "runs-to-end" });
    const changes = plan.changes.map((change) =>
      change.serviceId === left.id ? { ...change, leftOut: "runs-to-end" as const } : change,
    );
    const operation = await rotate(stage, secret, { ...plan, changes });
    expect(operation).toMatchObject({ outcome: "done-left-out", verification: "verified" });
    expect(lanes(operation)).toEqual(["done", "done", "left-out"]);
    expect(await named(stage, left)).toEqual([`${secret.name}_v1`]);
    expect(await stage.gateway.listTasks({ serviceIds: [left.id] })).toHaveLength(1);
  });

  it("services on two old versions move together, and go back each to its own", async () => {
    const secret = await adopt(stage);
    const other = { ...secret, ...(await anotherVersion(secret)) };
    const [one] = await makeRunning(stage, secret, 1);
    const [two] = await makeRunning(stage, other, 1, { script: pickyScript });
    const plan = rotation(stage, secret, [found(one), found(two)], { order: "one-by-one" });
    const edits = plan.changes.flatMap((change) => change.edits).slice(0, 1);
    const both = edits.map((edit) => ({ ...edit, fromObjectIds: [secret.objectId, other.objectId] }) as PlannedEdit);
    const changes = plan.changes.map((change) => ({ ...change, edits: both }));
    const operation = await rotate(stage, secret, { ...plan, changes });
    expect(operation.outcome).toBe("undone");
    expect(await named(stage, found(one))).toEqual([secret.objectName]);
    expect(await named(stage, found(two))).toEqual([other.objectName]);
  });

  async function anotherVersion({ name }: Secret) {
    const objectName = `${name}_v0`;
    const secret = { name: objectName, labels: {}, templating: null };
    const { id: objectId } = await stage.gateway.createSecret(secret, new SecretValue(Buffer.from("old")));
    return { objectId, objectName };
  }
});

describe.concurrent("removal on a real Swarm", () => {
  it("releases quiet services, restarts nothing, and removes what nothing names", async () => {
    const secret = await adopt(stage);
    const services = await makeRunning(stage, secret, 2);
    const plan = rotation(stage, secret, services, { kind: "rotate-emergency", reason: "it leaked" });
    const retire = plan.retire.map((each) => ({ ...each, keepSeconds: 0 }));
    const operation = await rotate(stage, secret, { ...plan, retire });
    expect(operation.outcome).toBe("done");
    expect(await objectNames(stage, secret)).toEqual([`${secret.name}_v2`]);
    expect(await sent(stage, operation.id)).toEqual({ create: 1, move: 2, release: 2, remove: 1 });
    for (const service of services) {
      const tasks = await stage.gateway.listTasks({ serviceIds: [service.id] });
      expect(tasks).toHaveLength(2);
    }
    const version = await stage.database.version.findUnique({ where: { id: secret.versionId } });
    expect(version).toMatchObject({ state: "removed" });
  });

  it("is held by what still names it, and says so", async () => {
    const secret = await adopt(stage);
    const [moved, left] = await makeRunning(stage, secret, 2);
    const plan = rotation(stage, secret, [found(moved), found(left)], {
      kind: "rotate-emergency",
      reason: "it leaked",
    });
    const retire = plan.retire.map((each) => ({ ...each, keepSeconds: 0 }));
    const changes = plan.changes.map((change) =>
      change.serviceId === left?.id ? { ...change, leftOut: "by-choice" as const } : change,
    );
    const operation = await rotate(stage, secret, { ...plan, retire, changes });
    expect(operation.outcome).toBe("done-left-out");
    expect(viewOf(operation, actor).next).toContain(`${left?.name} names it`);
    expect(await objectNames(stage, secret)).toHaveLength(2);
  });
});
