import "server-only";
import { expect } from "vitest";
import {
  type ContractCase,
  type ContractScene,
  countWith,
  restarted,
  type SecretHandle,
  secretsOf,
  swap,
} from "./contract-stage.ts";
import type { Spec } from "./tasks.ts";

const five = { Replicated: { Replicas: 5 } };

/** Nanoseconds for which a failure counts: an engine that stands still may tell of one long after the start. */
const Monitor = 60e9;

/** A service whose tasks run with a good secret, and what it takes to make them fail. */
async function aboutToFail(scene: ContractScene, given: Spec["UpdateConfig"] = {}) {
  const update = { Monitor, ...given };
  const [good, bad] = [await scene.secret("good"), await scene.secret("bad")];
  const life = { needs: { target: "file", value: "good" } };
  const id = await scene.runningService({ secrets: [{ ...good, target: "file" }], life, mode: five, update });
  return { id, good, bad };
}

async function paused(scene: ContractScene) {
  const given = await aboutToFail(scene);
  await scene.update(given.id, swap(given.good, given.bad));
  await scene.untilStatus(given.id, "paused");
  return given;
}

/** The update takes away one more of the last good tasks. */
async function resumedBy(
  scene: ContractScene,
  id: string,
  { good, change }: { good: SecretHandle; change: (spec: Spec) => unknown },
): Promise<void> {
  // The one slot more that may be taken between the failure and the pause.
  await scene.pass(4);
  const before = await countWith(scene, id, good);
  await scene.update(id, change);
  await scene.until("it replaces another good task", async () => {
    if ((await countWith(scene, id, good)) < before) return true;
    // As long as the paused rollout's last hand waits for its task, the same spec is taken for what is under way.
    if (!(await scene.inspect(id)).UpdateStatus) await scene.update(id, change);
    return null;
  });
}

export const failureCases: ContractCase[] = [
  {
    promise: "a new task that fails pauses the update: the other slots keep what they have, and the way back stays",
    async run(scene) {
      const { id, good, bad } = await paused(scene);
      const service = await scene.inspect(id);
      expect(service.UpdateStatus?.Message).toContain("update paused due to failure or early termination of task");
      expect(service.PreviousSpec).toBeTruthy();
      expect(JSON.stringify(service.Spec)).toContain(bad.id);
      await scene.pass(3);
      // One slot more may have been taken between the failure and the pause.
      expect(await countWith(scene, id, good)).toBeGreaterThanOrEqual(1);
      expect((await scene.inspect(id)).UpdateStatus?.State).toBe("paused");
    },
  },
  {
    promise: "an update of a paused service resumes the rollout, also by a change that has nothing to do with it",
    async run(scene) {
      const { id, good } = await paused(scene);
      await resumedBy(scene, id, { good, change: (spec) => Object.assign(spec.Labels, { other: "1" }) });
    },
  },
  {
    promise: "the identical spec resumes a paused rollout, and leaves no way back",
    async run(scene) {
      const { id, good, bad } = await paused(scene);
      await resumedBy(scene, id, { good, change: () => undefined });
      const { Spec, PreviousSpec } = await scene.inspect(id);
      expect(PreviousSpec).toEqual(Spec);
      expect(JSON.stringify(PreviousSpec)).toContain(bad.id);
    },
  },
  {
    promise: "a forward update out of a pause brings every task back",
    async run(scene) {
      const { id, good, bad } = await paused(scene);
      await scene.update(id, (spec) => {
        swap(bad, good)(spec);
        Object.assign(spec.UpdateConfig ?? {}, { Monitor: 2e9 });
      });
      await scene.untilStatus(id, "completed");
      expect(await countWith(scene, id, good)).toBe(5);
    },
  },
  {
    promise: "failure action rollback puts the old spec back by itself, and leaves no way back",
    async run(scene) {
      const { id, good, bad } = await aboutToFail(scene, { FailureAction: "rollback" });
      await scene.update(id, swap(good, bad));
      const service = await scene.untilStatus(id, "rollback_completed");
      expect(service.PreviousSpec ?? null).toBeNull();
      expect(JSON.stringify(service.Spec)).toContain(good.id);
      await scene.untilRunning(id, 5, (task) => secretsOf(task).includes(good.id));
    },
  },
  {
    promise: "failure action continue says completed over tasks that all fail",
    async run(scene) {
      const { id, good, bad } = await aboutToFail(scene, { FailureAction: "continue", Monitor: 2e9 });
      await scene.update(id, swap(good, bad));
      await scene.untilStatus(id, "completed");
      // Each is started again, and runs for the moment that it takes to fail.
      await scene.untilRunning(id, 0);
    },
  },
  {
    promise: "a task that fails after its monitor pauses nothing once the update is completed",
    async run(scene) {
      const id = await scene.runningService({ update: { Monitor: 1e9 } });
      await scene.update(id, (spec) => {
        const ContainerSpec = scene.spec({ life: { endsAfterSeconds: 4, exitCode: 1 } }).TaskTemplate.ContainerSpec;
        Object.assign(spec.TaskTemplate, { ContainerSpec });
      });
      await scene.untilStatus(id, "completed");
      await scene.until("it fails", async () => {
        return (await scene.tasks(id)).find(({ Status }) => Status.State === "failed") ?? null;
      });
      expect((await scene.inspect(id)).UpdateStatus?.State).toBe("completed");
    },
  },
  {
    promise: "what runs to its end pauses its own update when it ends well, too",
    async run(scene) {
      // It lives for a moment, so that a slow engine, too, sees it run before it sees it end.
      const id = await scene.service({ life: { endsAfterSeconds: 1 }, restart: "none", update: { Monitor } });
      await scene.until("it has run", async () => {
        return (await scene.tasks(id)).find(({ Status }) => Status.State === "complete") ?? null;
      });
      await scene.update(id, restarted);
      const { UpdateStatus } = await scene.untilStatus(id, "paused");
      expect(UpdateStatus?.Message).toContain("due to failure or early termination");
    },
  },
];
