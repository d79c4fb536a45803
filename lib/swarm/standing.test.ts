import { describe, expect, it } from "vitest";
import { sampleService } from "./sample.ts";
import type { ServiceObject, UpdateState } from "./schema.ts";
import { runningText, standingOf } from "./standing.ts";

const updateIn = (state: UpdateState) => ({ state, startedAt: null, completedAt: null, message: "" });
const two = { mode: { type: "replicated", replicas: 2 } } as const;

describe("a service that is to run all the time", () => {
  it.each<[string, Partial<ServiceObject>, string]>([
    ["has all its tasks", { tasks: { running: 2, desired: 2, completed: 0 } }, "well"],
    ["has one too few", { tasks: { running: 1, desired: 2, completed: 0 } }, "short"],
    ["has none", { tasks: { running: 0, desired: 2, completed: 0 } }, "short"],
    ["is being updated", { tasks: { running: 1, desired: 2, completed: 0 }, update: updateIn("updating") }, "well"],
    ["is paused with all its tasks", { update: updateIn("paused") }, "paused"],
    ["stopped in its rollback", { update: updateIn("rollback_paused") }, "paused"],
    ["was updated before", { tasks: { running: 1, desired: 2, completed: 0 }, update: updateIn("completed") }, "short"],
  ])("that %s", (_case, over, standing) => {
    const service = sampleService({ ...two, tasks: { running: 2, desired: 2, completed: 0 }, ...over });
    expect(standingOf(service, "long-running")).toBe(standing);
  });

  it("says how many of its tasks run", () => {
    expect(runningText(sampleService({ tasks: { running: 0, desired: 1, completed: 0 } }))).toBe("0 of 1 task runs");
    expect(runningText(sampleService({ ...two }))).toBe("1 of 2 tasks run");
  });
});

it("what sleeps or runs to its end is never short, and not paused where Swarm says so", () => {
  const ended = sampleService({ tasks: { running: 0, desired: 1, completed: 1 }, update: updateIn("paused") });
  expect([standingOf(ended, "runs-to-end"), standingOf(ended, "asleep")]).toEqual(["well", "well"]);
});
