import { describe, expect, it } from "vitest";
import { kindOf, soakSecondsOf } from "./kind.ts";
import { sampleService, sampleTask } from "./sample.ts";

const done = { state: "complete", desiredState: "shutdown", exitCode: 0 } as const;
const failed = { state: "failed", desiredState: "shutdown", exitCode: 1 } as const;
const once = sampleService({ restartCondition: "none" });

describe("the kind of a service", () => {
  it.each([
    ["a service that restarts always", sampleService(), [sampleTask(done)], "long-running"],
    ["no replicas", sampleService({ mode: { type: "replicated", replicas: 0 } }), [], "asleep"],
    ["no replicas, restart none", { ...once, mode: { type: "replicated", replicas: 0 } as const }, [], "asleep"],
    ["a job", sampleService({ mode: { type: "replicated-job", completions: 3 } }), [sampleTask()], "runs-to-end"],
    ["a job on every node", sampleService({ mode: { type: "global-job" } }), [], "runs-to-end"],
    ["a migration that has ended well", once, [sampleTask(done)], "runs-to-end"],
    [
      "restart on failure, ended well",
      { ...once, restartCondition: "on-failure" as const },
      [sampleTask(done)],
      "runs-to-end",
    ],
    ["restart none, still running", once, [sampleTask()], "long-running"],
    ["restart none, last run failed", once, [sampleTask(failed)], "long-running"],
    ["restart none, nothing known of its runs", once, [], "runs-to-end"],
    [
      "an earlier run ended well, a newer one runs",
      once,
      [
        sampleTask({ ...done, createdAt: "2026-03-01T09:00:00.5Z" }),
        sampleTask({ createdAt: "2026-03-01T09:00:00.53Z" }),
      ],
      "long-running",
    ],
    ["one slot runs, another has ended well", once, [sampleTask(), sampleTask({ ...done, slot: 2 })], "runs-to-end"],
    ["tasks of others do not count", once, [sampleTask({ serviceId: "service-other" })], "runs-to-end"],
  ] as const)("%s", (_title, service, tasks, kind) => {
    expect(kindOf(service, tasks)).toBe(kind);
  });
});

describe("the soak", () => {
  const healthCheck = { intervalSeconds: 10, retries: 3, startPeriodSeconds: 20 };

  it("is 15 seconds where nothing asks for more", () => {
    expect(soakSecondsOf(sampleService())).toBe(15);
    expect(soakSecondsOf(sampleService({ healthCheck: "disabled" }))).toBe(15);
  });

  it("lasts until the health check could have failed", () => {
    expect(soakSecondsOf(sampleService({ healthCheck }))).toBe(50);
  });

  it("lasts as long as the update's own monitor", () => {
    const { updatePolicy } = sampleService();
    expect(soakSecondsOf(sampleService({ healthCheck, updatePolicy: { ...updatePolicy, monitorSeconds: 60.5 } }))).toBe(
      61,
    );
  });
});
