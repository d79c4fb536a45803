import { describe, expect, it } from "vitest";
import { emptySnapshot } from "#lib/swarm/live-state.ts";
import { byHandViewOf } from "./by-hand-view.ts";
import { Rehearsal } from "./model/rehearsal.ts";
import { seenBy } from "./model/seen-by.ts";
import { sampleStarter } from "./sample.ts";
import type { Intent } from "./step-facts.ts";

async function scene() {
  const rehearsal = new Rehearsal();
  const old = rehearsal.own();
  for (const name of ["a", "b", "c"]) rehearsal.model.addService(name, { secrets: [old] });
  const id = await rehearsal.start(rehearsal.rotation([old.id], ["a", "b", "c"], { order: "one-by-one" }));
  return { rehearsal, id };
}

describe("by hand, before the operation's Swarm was seen", () => {
  it("nothing is said to be gone or to be made: the page says how far the ledger knows it to be", async () => {
    const { rehearsal, id } = await scene();
    const operation = await rehearsal.run(id, {
      until: ({ steps }) => steps.some(({ name, state }) => name === "watch" && state === "done"),
    });
    const view = byHandViewOf(operation, sampleStarter, emptySnapshot);
    expect(view).toEqual({
      title: "Rotate db_password",
      state: "not-seen",
      ledger: ["Made: db_password_v2.", "Moved: a, b.", "Not moved: c.", "To be removed in the end: db_password_v1."],
    });
  });

  it("a call that was sent and not answered is told apart from what was moved and what was not", async () => {
    const { rehearsal, id } = await scene();
    const operation = await rehearsal.find(id);
    const intent = { call: {}, attempt: 1, at: "" } as Intent;
    const steps = operation.steps.map((step) => {
      return step.key === "move:service-a" ? { ...step, facts: { ...step.facts, intent } } : step;
    });
    expect(byHandViewOf({ ...operation, steps }, sampleStarter, emptySnapshot)).toMatchObject({
      ledger: expect.arrayContaining(["Sent, and not answered: a.", "Not moved: b, c."]),
    });
  });

  it("another Swarm that answers is not taken for it", async () => {
    const { rehearsal, id } = await scene();
    const snapshot = await seenBy(rehearsal.model.gateway());
    const operation = await rehearsal.find(id);
    expect(byHandViewOf(operation, sampleStarter, snapshot).state).toBe("open");
    const other = { ...snapshot, cluster: { id: "another", name: "", isAutolocked: false, engineVersion: "" } };
    expect(byHandViewOf(operation, sampleStarter, other).state).toBe("not-seen");
  });

  it("one that has ended is told apart from one whose Swarm was not seen", async () => {
    const { rehearsal, id } = await scene();
    const operation = await rehearsal.run(id);
    expect(byHandViewOf(operation, sampleStarter, emptySnapshot)).toEqual({
      title: "Rotate db_password",
      state: "ended",
    });
  });
});
