import { describe, expect, it } from "vitest";
import { sampleReference, sampleService, sampleTask } from "#lib/swarm/sample.ts";
import type { ReferenceChange, ServiceObject, TaskObject, UpdateState } from "#lib/swarm/schema.ts";
import { judge, type Sight } from "./converge.ts";

const old = sampleReference({ objectId: "old", objectName: "db_v1" });
const fresh = sampleReference({ objectId: "new", objectName: "db_v2" });
const changes: ReferenceChange[] = [
  {
    change: "replaced",
    target: fresh.target,
    uid: "0",
    gid: "0",
    mode: 0o444,
    fromObjectId: "old",
    fromObjectName: "db_v1",
    toObjectId: "new",
    toObjectName: "db_v2",
  },
];
const at = (seconds: number) => new Date(Date.parse("2026-05-01T12:00:00Z") + seconds * 1000);

function task(id: string, over: Partial<TaskObject> = {}): TaskObject {
  return sampleTask({ id, slot: 1, secretObjectIds: ["new"], createdAt: at(1).toISOString(), ...over });
}

function status(state: UpdateState) {
  return { state, startedAt: at(0).toISOString(), completedAt: null, message: "words of the Swarm" };
}

function sight(tasks: TaskObject[], service: Partial<ServiceObject> = {}, over: Partial<Sight> = {}): Sight {
  const mode = { type: "replicated", replicas: 2 } as const;
  return {
    service: sampleService({ mode, references: [fresh], previousReferences: [old], ...service }),
    tasks,
    changes,
    isResumed: false,
    kind: "long-running",
    priorTaskIds: [],
    soakSeconds: 15,
    soakTaskIds: [],
    soakFrom: null,
    now: at(100),
    ...over,
  };
}

const two = [task("a"), task("b", { slot: 2 })];
const soaking = { soakTaskIds: ["a", "b"], soakFrom: at(80).toISOString() };

describe("what counts as converged", () => {
  it("is that as many tasks as wanted run the new object, the same ones through the whole soak", () => {
    expect(judge(sight(two))).toMatchObject({ verdict: "soaking", soakFrom: at(100).toISOString() });
    expect(judge(sight(two, {}, { ...soaking, now: at(94) }))).toMatchObject({ verdict: "soaking" });
    expect(judge(sight(two, {}, soaking))).toMatchObject({ verdict: "converged", wanted: 2, running: 2 });
  });

  it("begins anew when one of them was replaced, though the number is the same", () => {
    const replaced = [task("a"), task("c", { slot: 2 })];
    expect(judge(sight(replaced, {}, soaking))).toMatchObject({
      verdict: "soaking",
      soakTaskIds: ["a", "c"],
      soakFrom: at(100).toISOString(),
    });
  });

  it("is not that the Swarm says completed", () => {
    const one = [task("a"), task("b", { slot: 2, state: "starting" })];
    expect(judge(sight(one, { update: status("completed") }, soaking))).toMatchObject({
      verdict: "updating",
      running: 1,
    });
  });

  it("is not that enough run, while a task that is wanted still has the old object", () => {
    const left = task("c", { slot: 3, secretObjectIds: ["old"] });
    expect(judge(sight([...two, left], {}, soaking)).verdict).toBe("updating");
    const ending = { ...left, desiredState: "shutdown" } as const;
    expect(judge(sight([...two, ending], {}, soaking)).verdict).toBe("converged");
  });

  it("counts no task that was there before and no task that is to end", () => {
    expect(judge(sight(two, {}, { ...soaking, priorTaskIds: ["b"] })).verdict).toBe("updating");
    const ending = [task("a"), task("b", { slot: 2, desiredState: "shutdown" })];
    expect(judge(sight(ending, {}, soaking)).verdict).toBe("updating");
  });

  it("waits for the Swarm's own monitor where the soak is as long, and for no longer one", () => {
    const busy = { update: status("updating") };
    expect(judge(sight(two, busy, soaking)).verdict).toBe("soaking");
    const updatePolicy = { ...sampleService().updatePolicy, monitorSeconds: 60 };
    expect(judge(sight(two, { ...busy, updatePolicy }, soaking)).verdict).toBe("converged");
  });

  it("is at once where no task is wanted", () => {
    const mode = { type: "replicated", replicas: 0 } as const;
    expect(judge(sight([], { mode }))).toMatchObject({ verdict: "converged", isAsleep: true });
  });
});

describe("what counts as failed", () => {
  it("is one new task that failed, whatever the Swarm says, and none that failed before", () => {
    const failed = task("x", { slot: 2, state: "failed", desiredState: "shutdown", error: "exit 7" });
    const all = [...two, failed];
    const completed = { update: status("completed") };
    expect(judge(sight(all, completed, soaking))).toMatchObject({ verdict: "failed", text: "exit 7" });
    expect(judge(sight(all, completed, { ...soaking, priorTaskIds: ["x"] })).verdict).toBe("converged");
    const rejected = [...two, { ...failed, state: "rejected" as const, error: null }];
    expect(judge(sight(rejected, {}, soaking))).toMatchObject({ verdict: "failed", text: "task rejected" });
  });

  it("is no task of an update that another hand has replaced since, however late it fails", () => {
    const theirs = task("x", { slot: 2, state: "failed", desiredState: "shutdown", createdAt: at(-5).toISOString() });
    expect(judge(sight([...two, theirs], { update: status("completed") }, soaking)).verdict).toBe("converged");
  });

  it("is a rollout that the Swarm paused or rolled back", () => {
    expect(judge(sight(two, { update: status("paused") }, soaking)).verdict).toBe("failed");
    const back = { references: [old], previousReferences: null, update: status("rollback_completed") };
    const before = task("y", { state: "failed", error: "exit 8" });
    expect(judge(sight([before], back))).toMatchObject({ verdict: "failed", task: { id: "y" } });
  });

  it("is not what another hand did: a pause of its own rollout, other references, a service that is gone", () => {
    const theirs = { previousReferences: [fresh], update: status("paused") };
    expect(judge(sight(two, theirs, soaking)).verdict).toBe("converged");
    expect(judge(sight(two, { references: [old], previousReferences: [fresh] })).verdict).toBe("another-hand");
    expect(judge({ ...sight(two), service: undefined }).verdict).toBe("gone");
  });
});

describe("what runs to its end", () => {
  const once = { kind: "runs-to-end", soakSeconds: 0 } as const;
  const mode = { type: "replicated-job", completions: 1 } as const;
  const done = task("a", { state: "complete", desiredState: "complete", exitCode: 0 });

  it("has converged when its new tasks have ended well, though the Swarm says paused", () => {
    expect(judge(sight([done], { mode, update: status("paused") }, once)).verdict).toBe("converged");
  });

  it("has not before the Swarm's update is over, which takes what ends for a failure and may roll it back", () => {
    for (const state of ["updating", "rollback_started"] as const) {
      const theirs = { mode: { type: "replicated", replicas: 1 }, update: status(state) } as const;
      expect(judge(sight([done], theirs, once)).verdict).toBe("updating");
    }
  });

  it("has not while it runs, and has failed when it ended badly", () => {
    expect(judge(sight([task("a", { state: "starting" })], { mode }, once)).verdict).toBe("updating");
    const badly = { ...done, state: "failed" as const, exitCode: 1 };
    expect(judge(sight([badly], { mode }, once)).verdict).toBe("failed");
  });
});
