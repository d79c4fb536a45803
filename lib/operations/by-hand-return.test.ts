import { describe, expect, it } from "vitest";
import { whenSkepReturns } from "./by-hand-return.ts";
import type { Operation } from "./ledger.ts";
import { Rehearsal } from "./model/rehearsal.ts";

async function rotation(until: (operation: Operation) => boolean) {
  const rehearsal = new Rehearsal();
  const old = rehearsal.own();
  for (const name of ["a", "b"]) rehearsal.model.addService(name, { secrets: [old] });
  const id = await rehearsal.start(rehearsal.rotation([old.id], ["a", "b"], { order: "one-by-one" }));
  return rehearsal.run(id, { until });
}

const may = ["operation.stop", "operation.undo"] as const;

describe("when Skep comes back", () => {
  it("it goes on forward, also after an undo by hand: so Stop or Undo comes first, or somebody looks", async () => {
    const operation = await rotation(({ steps }) =>
      steps.some(({ name, state }) => name === "watch" && state === "done"),
    );
    const [goesOn, first, ...others] = whenSkepReturns(operation, [...may]);
    expect(goesOn).toContain("moves every service that it had not moved yet, also after you have put others back");
    expect(first).toMatch(/press Stop after this or Undo all .* do not start Skep again before somebody has looked/);
    expect(others).toEqual([]);
    expect(whenSkepReturns(operation, [])[1]).toContain("have an operator stop or undo it");
  });

  it("an object that was made by hand is a stranger to it", async () => {
    const operation = await rotation(() => true);
    const unmade = { ...operation, steps: operation.steps.map((step) => ({ ...step, facts: {} })) };
    expect(whenSkepReturns(unmade, [...may]).at(-1)).toContain("a stranger to Skep");
  });

  it("it goes on undoing, also after the rest was finished by hand", async () => {
    const operation = { ...(await rotation(() => true)), direction: "undoing" } as const;
    expect(whenSkepReturns(operation, []).join(" ")).toMatch(
      /puts back every service .* If you finish by hand, do not/,
    );
  });

  it("it begins nothing more where it was stopped, and waits where a person has to decide", async () => {
    const operation = await rotation(() => true);
    expect(whenSkepReturns({ ...operation, direction: "stopping" }, [])).toEqual([
      expect.stringContaining("moves no further service"),
    ]);
    expect(whenSkepReturns({ ...operation, state: "needs-attention" }, [])).toEqual([
      expect.stringContaining("sends nothing until somebody decides"),
    ]);
  });
});
