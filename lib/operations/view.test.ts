import { describe, expect, it } from "vitest";
import { emptySnapshot } from "#lib/swarm/live-state.ts";
import { findStep, type Operation } from "./ledger.ts";
import { Rehearsal } from "./model/rehearsal.ts";
import { decideAttention } from "./requests/decide.ts";
import { requestStop } from "./requests/stop.ts";
import { requestUndo } from "./requests/undo.ts";
import { samplePermit, sampleStarter } from "./sample.ts";
import type { Plan } from "./schema.ts";
import { rowOf, viewOf } from "./view.ts";

function scene(over: Partial<Plan> = {}) {
  const rehearsal = new Rehearsal();
  const old = rehearsal.own();
  for (const name of ["a", "b"]) rehearsal.model.addService(name, { secrets: [old] });
  const plan = rehearsal.rotation([old.id], ["a", "b"], { order: "canary", canaryServiceId: "service-a", ...over });
  return { rehearsal, plan, old };
}

function phases(operation: Operation): string[] {
  return viewOf(operation, sampleStarter).phases.map(({ name, state, detail }) => `${name} [${state}] ${detail}`);
}

const administrator = { ...sampleStarter, role: "administrator" } as typeof sampleStarter;
const viewer = { ...sampleStarter, role: "viewer" } as typeof sampleStarter;

describe("an operation under way", () => {
  it("shows what is ahead before it has begun", async () => {
    const { rehearsal, plan } = scene();
    const operation = await rehearsal.find(await rehearsal.start(plan));
    const view = viewOf(operation, sampleStarter);
    expect(view.lanes.map(({ state, isCanary }) => [state, isCanary])).toEqual([
      ["waiting", true],
      ["waiting", false],
    ]);
    expect(phases(operation)).toEqual([
      "Create version [ahead] ",
      "Canary [ahead] a",
      "1 service [ahead] 1 waiting",
      "Check all [ahead] no service left on v1",
      "Keep for 24 h [ahead] db_password_v1",
    ]);
    expect(view).toMatchObject({
      startedBy: "ops.one",
      summary: expect.stringContaining("0 of 2 services done"),
      next: null,
    });
  });

  it("counts tasks, and tells when a soak ends", async () => {
    const { rehearsal, plan } = scene();
    const id = await rehearsal.start(plan);
    await rehearsal.run(id, { until: (operation) => findStep(operation, "watch", "service-a")?.facts.running === 1 });
    const [updating] = viewOf(await rehearsal.find(id), sampleStarter).lanes;
    expect(updating).toMatchObject({
      state: "updating",
      tasksWanted: 2,
      tasksMoved: 1,
      soakEndsAt: null,
      endedAt: null,
    });
    await rehearsal.run(id, {
      until: (operation) => Boolean(findStep(operation, "watch", "service-a")?.facts.soakUntil),
    });
    const [soaking] = viewOf(await rehearsal.find(id), sampleStarter).lanes;
    expect(soaking).toMatchObject({ state: "soaking", tasksMoved: 2 });
    expect(Date.parse(soaking?.soakEndsAt ?? "")).toBeGreaterThan(rehearsal.model.now);
    expect(phases(await rehearsal.find(id))[1]).toBe("Canary [now] a");
  });

  it("offers stop and undo to those who may, and nothing to others or afterwards", async () => {
    const { rehearsal, plan } = scene();
    const id = await rehearsal.start(plan);
    expect(viewOf(await rehearsal.find(id), sampleStarter).can).toEqual(["operation.stop", "operation.undo"]);
    expect(viewOf(await rehearsal.find(id), viewer).can).toEqual([]);
    expect(viewOf(await rehearsal.run(id), sampleStarter).can).toEqual([]);
  });

  it("that is an emergency offers its undo to administrators alone", async () => {
    const { rehearsal, plan } = scene({ kind: "rotate-emergency", reason: "it was in a log" });
    const id = await rehearsal.start(plan, { actor: administrator });
    expect(viewOf(await rehearsal.find(id), sampleStarter).can).toEqual(["operation.stop"]);
    expect(viewOf(await rehearsal.find(id), administrator).can).toEqual(["operation.stop", "operation.undo"]);
  });

  it("is undone and decided only by a permit for its own kind", async () => {
    const { rehearsal, plan } = scene({ kind: "rotate-emergency", reason: "it was in a log" });
    const subject = { operationId: await rehearsal.start(plan, { actor: administrator }), kind: "rotate" } as const;
    const refused = { code: "forbidden" };
    await expect(requestUndo(samplePermit("operation.undo", subject), rehearsal.store)).rejects.toMatchObject(refused);
    const decided = decideAttention(samplePermit("operation.decide", subject), "undo", rehearsal.store);
    await expect(decided).rejects.toMatchObject(refused);
    expect((await rehearsal.find(subject.operationId)).direction).toBe("forward");
  });
});

describe("an operation that has ended", () => {
  it("says what holds now", async () => {
    const { rehearsal, plan } = scene();
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(viewOf(operation, sampleStarter).summary).toBe(
      "2 services on v2. Running, not verified: without a health check, Skep sees that tasks run.",
    );
    expect(phases(operation).map((phase) => phase.replace(/\d+(\.\d)? s\b/, "N s"))).toEqual([
      "Version created [done] N s",
      "Canary [done] a, N s",
      "1 service [done] 1 done",
      "Check all [done] no service left on v1",
      "Keep for 24 h [done] db_password_v1",
    ]);
    expect(rowOf(operation)).toMatchObject({
      title: "Rotate db_password",
      servicesDone: 2,
      servicesWanted: 2,
      outcome: "done",
    });
  });

  it("tells of a service that was left out what it has now, and of the others what came of them", async () => {
    const { rehearsal, plan } = scene();
    const [first, second] = plan.changes;
    if (!first || !second) throw new Error("two services");
    const left: Plan = { ...plan, changes: [first, { ...second, leftOut: "runs-to-end" }] };
    const operation = await rehearsal.run(await rehearsal.start(left));
    const gateway = rehearsal.model.gateway();
    const swarm = {
      ...emptySnapshot,
      services: new Map((await gateway.listServices()).map((each) => [each.id, each])),
      tasksByService: Map.groupBy(await gateway.listTasks(), ({ serviceId }) => serviceId),
    };
    expect(viewOf(operation, sampleStarter, swarm).lanes.map(({ state, now }) => [state, now])).toEqual([
      ["done", null],
      ["left-out", "Now it names `db_password_v1`, and 2 tasks run with it."],
    ]);
  });

  it("says why it was undone, and what to do next", async () => {
    const { rehearsal, plan, old } = scene();
    rehearsal.model.rollout.fates.push({
      serviceId: "service-b",
      fate: { failsAfterSeconds: 1, error: "key too short" },
    });
    rehearsal.model.rollout.fates.push({ secretId: old.id, fate: { failsAfterSeconds: null } });
    const operation = await rehearsal.run(await rehearsal.start(plan));
    const view = viewOf(operation, sampleStarter);
    expect(view.summary).toBe(
      "b failed. b.1 on node-1: key too short. Undone: 2 services are on the old version again.",
    );
    expect(view.next).toBe("See why the new value was not taken, then rotate again.");
    expect(phases(operation).at(-1)).toBe("Put back [done] 2 of 2 on the old version again");
    expect(view.verification).toBeNull();
    // Nothing came of it: who may rotate can begin again.
    expect([view.can, viewOf(operation, viewer).can]).toEqual([["secret.rotate"], []]);
  });

  it("and was undone because a person wished it names no failure to look into", async () => {
    const { rehearsal, plan } = scene();
    const id = await rehearsal.start(plan);
    await rehearsal.run(id, {
      until: (operation) => Boolean(findStep(operation, "watch", "service-a")?.facts.soakUntil),
    });
    await requestUndo(samplePermit("operation.undo", { operationId: id, kind: "rotate" }), rehearsal.store);
    const view = viewOf(await rehearsal.run(id), sampleStarter);
    expect(view).toMatchObject({ outcome: "undone", next: null, can: ["secret.rotate"] });
    expect(view.lanes.map(({ waitsFor }) => waitsFor)).toEqual([null, "the operation was undone first"]);
    expect(view.summary).toContain("asked to undo it. Undone: 1 service is on the old version again.");
  });

  it("needs a decision in words, with what each choice does, for those who may", async () => {
    const { rehearsal, plan, old } = scene({ oldValueStaysValid: false });
    rehearsal.model.rollout.fates.push({ serviceId: "service-a", fate: { failsAfterSeconds: 1, error: "no" } });
    rehearsal.model.rollout.fates.push({ secretId: old.id, fate: { failsAfterSeconds: null } });
    const operation = await rehearsal.run(await rehearsal.start(plan));
    const view = viewOf(operation, sampleStarter);
    expect(view.attention?.sentence).toBe("a failed. a.1 on node-1: no");
    expect(view.attention?.choices.map(({ choice, label }) => [choice, label])).toEqual([
      ["try-again", "Try again"],
      ["undo", "Undo all"],
      ["accept", "Leave as it is"],
    ]);
    expect(view.can).toEqual(["operation.decide"]);
    expect(viewOf(operation, viewer).can).toEqual([]);
  });
});

it("a look at all that found services left out says how many, and not that none is left", async () => {
  const { rehearsal, plan } = scene();
  const changes = plan.changes.map((change) =>
    change.serviceId === "service-b" ? { ...change, leftOut: "by-choice" as const } : change,
  );
  const operation = await rehearsal.run(await rehearsal.start({ ...plan, changes }));
  expect(operation.outcome).toBe("done-left-out");
  expect(phases(operation)).toContain("Check all [done] 1 service left out");
});

it("one that was stopped half-way says how many were not moved, promises no removal, and can be begun again", async () => {
  const { rehearsal, plan } = scene({ order: "one-by-one", canaryServiceId: null });
  const id = await rehearsal.start(plan);
  await rehearsal.run(id, {
    until: (operation) => Boolean(findStep(operation, "watch", "service-a")?.facts.soakUntil),
  });
  await requestStop(samplePermit("operation.stop", { operationId: id }), rehearsal.store);
  const operation = await rehearsal.run(id);
  expect(operation.outcome).toBe("stopped-mixed");
  expect(phases(operation).slice(-2)).toEqual(["Check all [done] 1 service left out", "Keep [done] db_password_v1"]);
  expect(rowOf(operation)).toMatchObject({ servicesDone: 1, servicesWanted: 2 });
  expect(viewOf(operation, sampleStarter).can).toEqual(["secret.rotate"]);
});

it("a revocation claims nothing of other services: they keep the version that it takes from one", async () => {
  const { rehearsal, plan, old } = scene();
  const revocation: Partial<Plan> = {
    kind: "revoke",
    create: [],
    retire: [],
    secrets: [{ secretId: "secret-db", secretName: "db_password", fromVersion: 1, toVersion: null }],
    changes: plan.changes.slice(0, 1).map((change) => ({
      ...change,
      edits: [{ edit: "remove", objectId: old.id, target: "db_password" }],
    })),
  };
  const operation = await rehearsal.find(await rehearsal.start({ ...plan, ...revocation }));
  expect(phases(operation)).toContain("Check all [ahead] as planned");
});
