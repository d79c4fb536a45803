import { describe, expect, it } from "vitest";
import { sampleService, sampleTask } from "./sample.ts";
import type { ServiceObject, UpdateState } from "./schema.ts";
import { isStalled, runningText, standingOf } from "./standing.ts";

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
    expect(standingOf(service, "long-running", new Set())).toBe(standing);
  });

  it("says how many of its tasks run", () => {
    expect(runningText(sampleService({ tasks: { running: 0, desired: 1, completed: 0 } }))).toBe("0 of 1 task runs");
    expect(runningText(sampleService({ ...two }))).toBe("1 of 2 tasks run");
  });
});

it("what sleeps or runs to its end is never short, and not paused where Swarm says so", () => {
  const ended = sampleService({ tasks: { running: 0, desired: 1, completed: 1 }, update: updateIn("paused") });
  const none = new Set<string>();
  expect([standingOf(ended, "runs-to-end", none), standingOf(ended, "asleep", none)]).toEqual(["well", "well"]);
});

describe("an update that Swarm calls under way", () => {
  const startedAt = "2026-03-01T12:00:00Z";
  const minutes = (after: number) => new Date(Date.parse(startedAt) + after * 60_000);
  const missing = { tasks: { running: 0, desired: 2, completed: 0 } };
  const updating = (over: Partial<ServiceObject> = {}, state: UpdateState = "updating") =>
    sampleService({ ...two, ...missing, update: { ...updateIn(state), startedAt }, ...over });

  it("has stalled when it lacks tasks, and for minutes none has begun to run", () => {
    expect([1, 5, 6].map((after) => isStalled(updating(), [], minutes(after)))).toEqual([false, false, true]);
    expect(isStalled(updating({}, "rollback_started"), [], minutes(6))).toBe(true);
    const [stalled] = [updating()].map((service) => standingOf(service, "long-running", new Set([service.id])));
    expect(stalled).toBe("short");
  });

  it("goes on while it lacks none, or tasks begin to run", () => {
    expect(isStalled(updating({ tasks: { running: 2, desired: 2, completed: 0 } }), [], minutes(60))).toBe(false);
    const begun = sampleTask({ stateAt: minutes(58).toISOString() });
    expect(isStalled(updating(), [begun], minutes(60))).toBe(false);
    expect(isStalled(updating(), [{ ...begun, state: "failed" }], minutes(60))).toBe(true);
    expect(isStalled(updating({}, "completed"), [], minutes(60))).toBe(false);
  });

  it("is given the time that its own policy and health check take", () => {
    const slow = updating({
      updatePolicy: { ...updating().updatePolicy, delaySeconds: 300 },
      healthCheck: { intervalSeconds: 10, retries: 3, startPeriodSeconds: 270 },
    });
    expect([14, 16].map((after) => isStalled(slow, [], minutes(after)))).toEqual([false, true]);
  });
});
