import { describe, expect, it } from "vitest";
import { findStep, type Operation } from "./ledger.ts";
import { Rehearsal } from "./model/rehearsal.ts";
import { requestStop } from "./requests/stop.ts";
import { requestUndo } from "./requests/undo.ts";
import { samplePermit, sampleStarter } from "./sample.ts";
import type { Plan } from "./schema.ts";
import { viewOf } from "./view.ts";

function scene(over: Partial<Plan> = {}) {
  const rehearsal = new Rehearsal();
  const old = rehearsal.own();
  for (const name of ["a", "b"]) rehearsal.model.addService(name, { secrets: [old] });
  return { rehearsal, plan: rehearsal.rotation([old.id], ["a", "b"], { order: "one-by-one", ...over }) };
}

function isMoved(service: string) {
  return (operation: Operation) => findStep(operation, "move", `service-${service}`)?.state === "done";
}

function lanes(operation: Operation): string[] {
  return viewOf(operation, sampleStarter).lanes.map(({ serviceName, state }) => `${serviceName} ${state}`);
}

function updates(rehearsal: Rehearsal): number[] {
  return ["a", "b"].map((name) => rehearsal.updates(name));
}

describe("whoever lost the right in the middle", () => {
  it.each([
    ["by being disabled", (rehearsal: Rehearsal) => rehearsal.store.roles.delete("person-1")],
    ["by another role", (rehearsal: Rehearsal) => rehearsal.store.roles.set("person-1", "viewer")],
  ])("%s starts nothing more; what is under way is watched to its end", async (_how, lose) => {
    const { rehearsal, plan } = scene();
    const id = await rehearsal.start(plan);
    await rehearsal.run(id, { until: isMoved("a") });
    lose(rehearsal);
    const operation = await rehearsal.run(id);
    expect(operation).toMatchObject({ state: "ended", outcome: "stopped-mixed" });
    expect(lanes(operation)).toEqual(["a done", "b left-out"]);
    expect(viewOf(operation, sampleStarter).summary).toContain("ops.one");
  });

  it.each(["grant", "create"] as const)(
    "may %s across stacks no more when she is no administrator now",
    async (kind) => {
      const across = { code: "across-stacks", blocks: false, serviceName: null, sentence: "", copy: null } as const;
      const { rehearsal, plan } = scene({ kind, warnings: [across] });
      rehearsal.store.roles.set("person-1", "administrator");
      const id = await rehearsal.start(plan);
      await rehearsal.run(id, { until: isMoved("a") });
      rehearsal.store.roles.set("person-1", "operator");
      expect((await rehearsal.run(id)).outcome).toBe("stopped-mixed");
      expect(updates(rehearsal)).toEqual([1, 0]);
    },
  );

  it("still has a failing service put back", async () => {
    const { rehearsal, plan } = scene();
    rehearsal.model.rollout.fates.push({ serviceId: "service-a", fate: { failsAfterSeconds: 1, error: "no" } });
    rehearsal.model.rollout.fates.push({ secretId: "object-1", fate: { failsAfterSeconds: null } });
    const id = await rehearsal.start(plan);
    await rehearsal.run(id, { until: isMoved("a") });
    rehearsal.store.roles.delete("person-1");
    const operation = await rehearsal.run(id);
    expect(operation.outcome).toBe("undone");
  });

  it("before anything began has changed nothing", async () => {
    const { rehearsal, plan } = scene();
    rehearsal.store.roles.clear();
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(operation.outcome).toBe("failed-nothing-changed");
    expect(rehearsal.model.calls).toEqual([]);
  });

  it("is nobody, where a schedule started it: the switch that pauses automatic work stops that", async () => {
    const { rehearsal, plan } = scene({ kind: "retire", create: [], changes: [] });
    rehearsal.model.services.clear();
    rehearsal.model.tasks.length = 0;
    rehearsal.store.isPaused = true;
    const retire = plan.retire.map((each) => ({ ...each, keepSeconds: 0 }));
    const id = await rehearsal.start({ ...plan, retire }, { actor: { type: "schedule", setBy: "ops.one" } });
    await rehearsal.run(id);
    expect(rehearsal.model.calls).toEqual([]);
  });
});

describe("stop", () => {
  it("begins no further service, watches the present one, and says what is mixed", async () => {
    const { rehearsal, plan } = scene();
    const id = await rehearsal.start(plan);
    await rehearsal.run(id, { until: isMoved("a") });
    await requestStop(samplePermit("operation.stop", { operationId: id }), rehearsal.store);
    const operation = await rehearsal.run(id);
    expect(operation).toMatchObject({ outcome: "stopped-mixed", direction: "stopping" });
    expect(lanes(operation)).toEqual(["a done", "b left-out"]);
    const versions = [...rehearsal.store.books.versions.values()];
    expect(versions.map(({ state, retireAfter }) => [state, retireAfter])).toEqual([
      ["previous", null],
      ["current", null],
    ]);
  });

  it("in the very moment before the first service is moved gives the new version up", async () => {
    const { rehearsal, plan } = scene();
    const id = await rehearsal.start(plan);
    rehearsal.model.meddle = async (_call, apply) => {
      const answer = await apply();
      await requestStop(samplePermit("operation.stop", { operationId: id }), rehearsal.store);
      return answer;
    };
    const operation = await rehearsal.run(id);
    expect(operation).toMatchObject({ state: "ended", outcome: "undone" });
    expect(updates(rehearsal)).toEqual([0, 0]);
    expect([...rehearsal.store.books.versions.values()].map(({ state }) => state)).toEqual(["current", "abandoned"]);
  });

  it("when the last service is under way ends as done", async () => {
    const { rehearsal, plan } = scene({ order: "together" });
    const id = await rehearsal.start(plan);
    await rehearsal.run(id, { until: isMoved("b") });
    await requestStop(samplePermit("operation.stop", { operationId: id }), rehearsal.store);
    expect((await rehearsal.run(id)).outcome).toBe("done");
    expect(rehearsal.store.books.versions.get("version-1")).toMatchObject({ retireAfter: expect.any(Number) });
  });

  it("asks a person when the present service then fails, and leaves the choice to undo", async () => {
    const { rehearsal, plan } = scene();
    rehearsal.model.rollout.fates.push({ serviceId: "service-a", fate: { failsAfterSeconds: 4, error: "no" } });
    rehearsal.model.rollout.fates.push({ secretId: "object-1", fate: { failsAfterSeconds: null } });
    const id = await rehearsal.start(plan);
    await rehearsal.run(id, { until: isMoved("a") });
    await requestStop(samplePermit("operation.stop", { operationId: id }), rehearsal.store);
    const operation = await rehearsal.run(id);
    expect(operation).toMatchObject({
      state: "needs-attention",
      attention: { choices: ["try-again", "undo", "accept"] },
    });
  });

  it("twice, or after an undo, is refused", async () => {
    const { rehearsal, plan } = scene();
    const id = await rehearsal.start(plan);
    const permit = samplePermit("operation.stop", { operationId: id });
    await requestStop(permit, rehearsal.store);
    await expect(requestStop(permit, rehearsal.store)).rejects.toMatchObject({ code: "plan-changed" });
  });
});

describe("undo, when a person asks for it", () => {
  it("puts every moved service back, the present one too", async () => {
    const { rehearsal, plan } = scene();
    const id = await rehearsal.start(plan);
    await rehearsal.run(id, { until: isMoved("b") });
    await requestUndo(samplePermit("operation.undo", { operationId: id, kind: "rotate" }), rehearsal.store);
    const operation = await rehearsal.run(id);
    expect(operation.outcome).toBe("undone");
    expect(updates(rehearsal)).toEqual([2, 2]);
    expect(lanes(operation)).toEqual(["a undone", "b undone"]);
    expect(rehearsal.eventTypes()).toContain("operation.undo-requested");
  });

  it("is refused once the move was recorded: that is a roll-back's to do; in the same moment it holds all the same", async () => {
    const { rehearsal, plan } = scene({ order: "together" });
    const retire = plan.retire.map((each) => ({ ...each, keepSeconds: 0 }));
    const id = await rehearsal.start({ ...plan, retire });
    rehearsal.model.advance(5);
    await rehearsal.run(id, { until: (operation) => findStep(operation, "record")?.state === "done" });
    const late = requestUndo(samplePermit("operation.undo", { operationId: id, kind: "rotate" }), rehearsal.store);
    await expect(late).rejects.toMatchObject({ code: "plan-changed" });
    const wanted = { actor: { type: "system" }, detail: { type: "operation.undo-requested", secrets: [] } } as const;
    const event = { ...wanted, detail: { ...wanted.detail, secrets: [] } };
    await rehearsal.store.wish(id, { direction: "undoing", event }, { state: ["open"] });
    expect((await rehearsal.run(id)).outcome).toBe("undone");
    expect([...rehearsal.store.books.versions.values()].map(({ state }) => state)).toEqual(["current", "abandoned"]);
  });

  it("after a stop, too; after the end it is refused", async () => {
    const { rehearsal, plan } = scene();
    const id = await rehearsal.start(plan);
    await rehearsal.run(id, { until: isMoved("a") });
    await requestStop(samplePermit("operation.stop", { operationId: id }), rehearsal.store);
    await requestUndo(samplePermit("operation.undo", { operationId: id, kind: "rotate" }), rehearsal.store);
    expect((await rehearsal.run(id)).outcome).toBe("undone");
    const again = requestUndo(samplePermit("operation.undo", { operationId: id, kind: "rotate" }), rehearsal.store);
    await expect(again).rejects.toMatchObject({ code: "plan-changed" });
  });
});
