import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testDatabase } from "#lib/db/test-database.ts";
import { testSwarm } from "#lib/ground/test-swarm.ts";
import { findStep } from "#lib/operations/ledger.ts";
import { decideAttention } from "#lib/operations/requests/decide.ts";
import { requestUndo } from "#lib/operations/requests/undo.ts";
import { samplePermit } from "#lib/operations/sample.ts";
import { viewOf } from "#lib/operations/view.ts";
import { applyEdits } from "#lib/swarm/patch.ts";
import {
  actor,
  adopt,
  anotherHand,
  begin,
  ended,
  found,
  lanes,
  makeRunning,
  named,
  pickyScript,
  rotate,
  rotation,
  runningTasks,
  type Stage,
  second,
  sent,
  stageOn,
  startTestWorker,
  until,
} from "./scene.ts";
import type { Worker } from "./worker.ts";

/** So that the other hand comes before its end on a slow machine too. */
const longSoak = 20;

let stage: Stage;
let worker: Worker;

beforeAll(async () => {
  stage = await stageOn(await testSwarm(), await testDatabase());
  worker = startTestWorker(stage);
});

afterAll(() => worker?.stop());

describe.concurrent("another hand on a real Swarm", () => {
  it("that deployed badly while a person was asked is left alone when she tries again, and waited for", async () => {
    const secret = await adopt(stage);
    const [bad] = await makeRunning(stage, secret, 1, { script: pickyScript });
    const { id } = found(bad);
    const rollout = async () => found(await stage.gateway.findService(id));
    const operation = await rotate(stage, secret, rotation(stage, secret, [found(bad)], { oldValueStaysValid: false }));
    expect(operation.state).toBe("needs-attention");
    const own = await until(async () => {
      const { update } = await rollout();
      return update?.state === "paused" && update.startedAt;
    });
    await anotherHand(stage, found(bad), (text) => text.replace("/bin/sh", "/bin/not-there"));
    const theirs = await until(async () => {
      const service = await rollout();
      return service.update?.state === "paused" && service.update.startedAt !== own && service;
    });
    await decideAttention(
      samplePermit("operation.decide", { operationId: operation.id, kind: "rotate" }),
      "try-again",
      stage.ports.store,
    );
    await until(async () => {
      const { lanes: all } = viewOf(found(await stage.ports.store.find(operation.id)), actor);
      return all[0]?.waitsFor?.includes("paused");
    });
    await new Promise((resolve) => setTimeout(resolve, 2000));
    expect((await rollout()).versionIndex).toBe(theirs.versionIndex);
    await anotherHand(stage, found(bad), (text) => text.replace("/bin/not-there", "/bin/sh").replace("exit 7", "true"));
    expect(await ended(stage, operation.id)).toMatchObject({ outcome: "done" });
    expect(await sent(stage, operation.id)).toEqual({ create: 1, move: 1 });
  });

  it("that edits, scales and redeploys in the middle is not overwritten, and watched along", async () => {
    const secret = await adopt(stage);
    const [service] = await makeRunning(stage, secret, 1);
    const id = await begin(stage, secret, rotation(stage, secret, [found(service)], {}, { soakSeconds: longSoak }));
    await until(
      async () => findStep(found(await stage.ports.store.find(id)), "move", found(service).id)?.state === "done",
    );
    await anotherHand(stage, found(service), (text) => text.replace('"Replicas":1', '"Replicas":2'));
    await anotherHand(stage, found(service), (text) => text.replace('"Image":', '"Env":["ADDED=1"],"Image":'));
    const operation = await ended(stage, id);
    expect(operation.outcome).toBe("done");
    const after = found(await stage.gateway.findService(found(service).id));
    expect(after.mode).toEqual({ type: "replicated", replicas: 2 });
    expect(after.environmentNames).toEqual(["ADDED"]);
    expect(await named(stage, found(service))).toEqual([`${secret.name}_v2`]);
    expect(await runningTasks(stage, found(service).id)).toHaveLength(2);
  });

  it("that left a service paused finds it as it was: no update, the same tasks", async () => {
    const secret = await adopt(stage);
    const [service] = await makeRunning(stage, secret, 1, { replicas: 2 });
    // Its second task is taken on only after a long while: by then the rollout is paused, however slow the machine.
    const slowly = `"UpdateConfig":{"Delay":${60 * second},`;
    await anotherHand(stage, found(service), (text) =>
      text.replace("/bin/sh", "/bin/not-there").replace('"UpdateConfig":{', slowly),
    );
    await until(async () => (await stage.gateway.findService(found(service).id))?.update?.state === "paused");
    const before = (await runningTasks(stage, found(service).id)).map(({ id }) => id);
    expect(before).toHaveLength(1);
    const id = await begin(stage, secret, rotation(stage, secret, [found(service)]));
    const waiting = await until(async () => {
      const operation = found(await stage.ports.store.find(id));
      return viewOf(operation, actor).lanes[0]?.waitsFor?.includes("paused") && operation;
    });
    expect(waiting.state).toBe("open");
    expect((await runningTasks(stage, found(service).id)).map((task) => task.id)).toEqual(before);
    expect(await named(stage, found(service))).toEqual([`${secret.name}_v1`]);
    await requestUndo(samplePermit("operation.undo", { operationId: id, kind: "rotate" }), stage.ports.store);
    expect((await ended(stage, id)).outcome).toBe("undone");
    expect((await runningTasks(stage, found(service).id)).map((task) => task.id)).toEqual(before);
  });

  it("that moves a service back to the old version is left alone and named", async () => {
    const secret = await adopt(stage);
    const services = await makeRunning(stage, secret, 2);
    const [first, last] = services.map((service) => service.id);
    const id = await begin(
      stage,
      secret,
      rotation(stage, secret, services, { order: "one-by-one" }, { soakSeconds: longSoak }),
    );
    await until(async () => findStep(found(await stage.ports.store.find(id)), "move", last ?? "")?.state === "done");
    const present = found(await stage.gateway.findService(first ?? ""));
    const to = { objectId: secret.objectId, objectName: secret.objectName };
    const fromObjectIds = present.references.map(({ objectId }) => objectId);
    const { spec } = applyEdits(present.spec, [{ edit: "replace", fromObjectIds, to }]);
    await stage.gateway.updateService(present.id, present.versionIndex, spec);
    const operation = await ended(stage, id);
    expect(operation.outcome).toBe("done-left-out");
    expect(lanes(operation)).toEqual(["moved-by-another-hand", "done"]);
  });
});
