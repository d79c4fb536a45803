import { describe, expect, it } from "vitest";
import type { Operation } from "./ledger.ts";
import { Rehearsal } from "./model/rehearsal.ts";
import { requestStop } from "./requests/stop.ts";
import { requestUndo } from "./requests/undo.ts";
import { retirementPlan } from "./retirement.ts";
import { samplePermit, sampleStarter } from "./sample.ts";
import type { Plan } from "./schema.ts";
import type { OperationEvent, Save } from "./store-port.ts";

function scene(over: Partial<Plan> = {}) {
  const rehearsal = new Rehearsal();
  const old = rehearsal.own();
  for (const name of ["a", "b"]) rehearsal.model.addService(name, { secrets: [old] });
  rehearsal.model.rollout.fates.push({ serviceId: "service-b", fate: { failsAfterSeconds: 1, error: "no" } });
  rehearsal.model.rollout.fates.push({ secretId: old.id, fate: { failsAfterSeconds: null } });
  return { rehearsal, plan: rehearsal.rotation([old.id], ["a", "b"], over) };
}

const stop = ({ store }: Rehearsal, id: string) =>
  requestStop(samplePermit("operation.stop", { operationId: id }), store);
const undo = ({ store }: Rehearsal, id: string) =>
  requestUndo(samplePermit("operation.undo", { operationId: id, kind: "rotate" }), store);

/** Something happens between the worker's decision to save and the save itself, once. */
function beforeSave({ store }: Rehearsal, isIt: (save: Save) => boolean, happen: () => Promise<unknown>): void {
  const save = store.save.bind(store);
  store.save = async (lease, given) => {
    if (isIt(given)) {
      store.save = save;
      await happen();
    }
    return save(lease, given);
  };
}

const isNeed = ({ operation }: Save) => operation?.state === "needs-attention";
const isEnd = ({ operation }: Save) => operation?.state === "ended";
const isIntent = ({ events = [] }: Save) => events.some(({ detail }) => detail.type === "call.intended");

describe("what a person asks for while the executor saves something else", () => {
  it("is not overwritten: an undo, while what others do is still watched after a failure", async () => {
    const { rehearsal, plan } = scene({ oldValueStaysValid: false });
    const id = await rehearsal.start(plan);
    const { work, lease } = await rehearsal.takeUp(id);
    let isAsked = false;
    for (let state = "open"; state === "open"; ) {
      expect(rehearsal.model.now).toBeLessThan(Date.parse(work.operation.createdAt) + 3_600_000);
      rehearsal.model.advance(0.2);
      ({ state } = await work.goOn());
      if (isAsked || work.operation.direction !== "stopping") continue;
      isAsked = true;
      await undo(rehearsal, id);
      work.notice();
    }
    await rehearsal.store.release(lease, null);
    expect(await rehearsal.find(id)).toMatchObject({ state: "ended", outcome: "undone" });
    for (const name of ["a", "b"]) expect(rehearsal.named(name)).toEqual({ db_password: "db_password_v1" });
  });

  it("is not overwritten: an undo, in the moment in which she would have been asked", async () => {
    const { rehearsal, plan } = scene({ oldValueStaysValid: false });
    const id = await rehearsal.start(plan);
    beforeSave(rehearsal, isNeed, () => undo(rehearsal, id));
    expect(await rehearsal.run(id)).toMatchObject({ state: "ended", outcome: "undone" });
  });

  it("is not overwritten: an undo, in the moment of the end", async () => {
    const { rehearsal, plan } = scene({ kind: "grant" });
    rehearsal.model.rollout.fates.length = 0;
    const id = await rehearsal.start(plan);
    const event: OperationEvent = {
      actor: { type: "system" },
      detail: { type: "operation.undo-requested", secrets: [] },
    };
    beforeSave(rehearsal, isEnd, () => rehearsal.store.wish(id, { direction: "undoing", event }, { state: ["open"] }));
    expect((await rehearsal.run(id)).outcome).toBe("undone");
  });

  it("keeps a step of the same round from beginning", async () => {
    const rehearsal = new Rehearsal();
    rehearsal.store.roles.set("person-1", "administrator");
    const objects = [1, 2].map((number) => rehearsal.own("db_password", number, { state: "previous" }));
    rehearsal.own("db_password", 3);
    const ids = objects.map((object) => object.id);
    const versions = await rehearsal.store.findVersions("cluster-1", ids);
    const actor = { ...sampleStarter, role: "administrator" } as Operation["actor"];
    const id = await rehearsal.start(retirementPlan("cluster-1", versions), { actor });
    const { store } = rehearsal;
    const find = store.findVersions.bind(store);
    let release: () => void = () => undefined;
    const isRefused = new Promise<void>((resolve) => {
      release = resolve;
    });
    // The second object's gate is asked a little later, when the first one's removal was refused.
    store.findVersions = async (clusterId, objectIds) => {
      if (objectIds[0] === ids[1]) await isRefused;
      return find(clusterId, objectIds);
    };
    const save = store.save.bind(store);
    store.save = async (lease, given) => {
      const isFirst = isIntent(given) && rehearsal.eventTypes().every((type) => type !== "operation.stop-requested");
      if (isFirst) await stop(rehearsal, id);
      const saved = await save(lease, given);
      if (!saved.isSaved) setTimeout(release, 5);
      return saved;
    };
    await rehearsal.run(id);
    expect(rehearsal.model.calls).toEqual([]);
  });
});

describe("a wish of a person who saw the operation as it was a moment ago", () => {
  it("to stop it does not call off the undo that has begun since", async () => {
    const { rehearsal, plan } = scene();
    const id = await rehearsal.start(plan);
    const before = await rehearsal.find(id);
    await rehearsal.run(id, { until: ({ direction }) => direction === "undoing" });
    const { store } = rehearsal;
    const wish = store.wish.bind(store);
    const late = { find: async () => before, wish } as unknown as typeof store;
    const stopped = requestStop(samplePermit("operation.stop", { operationId: id }), late);
    await expect(stopped).rejects.toMatchObject({ code: "plan-changed" });
    expect((await rehearsal.run(id)).outcome).toBe("undone");
    for (const name of ["a", "b"]) expect(rehearsal.named(name)).toEqual({ db_password: "db_password_v1" });
  });
});
