import "server-only";
import { expect } from "vitest";
import { type ContractCase, type ContractScene, countWith, restarted, secretsOf, swap } from "./contract-stage.ts";

const three = { Replicated: { Replicas: 3 } };

async function rollBackByHand(scene: ContractScene, id: string): Promise<void> {
  await scene.until("the rollback is taken", async () => {
    const { Version, Spec } = await scene.inspect(id);
    const query = { version: String(Version.Index), rollback: "previous" };
    const { statusCode } = await scene.call("POST", `/services/${id}/update`, { query, body: Spec });
    return statusCode === 200 ? true : null;
  });
}

export const updateCases: ContractCase[] = [
  {
    promise: "an update is updating, then completed once its monitor is over; its own words move the version on",
    async run(scene) {
      const id = await scene.runningService({ update: { Monitor: 3e9 } });
      const before = await scene.inspect(id);
      expect(before.UpdateStatus ?? null).toBeNull();
      await scene.update(id, restarted);
      const updating = await scene.untilStatus(id, "updating");
      await scene.untilRunning(id, 1, ({ CreatedAt }) => CreatedAt > before.UpdatedAt);
      await scene.pass(1);
      expect((await scene.inspect(id)).UpdateStatus?.State).toBe("updating");
      const completed = await scene.untilStatus(id, "completed");
      expect(completed.Version.Index).toBeGreaterThan(updating.Version.Index);
      expect(completed.UpdatedAt > updating.UpdatedAt).toBe(true);
      expect(completed.UpdateStatus?.StartedAt).toBe(updating.UpdateStatus?.StartedAt);
      expect(completed.UpdateStatus?.CompletedAt).toBeTruthy();
    },
  },
  {
    promise: "one task at a time is replaced, and all at once where the spec says 0",
    async run(scene) {
      for (const [Parallelism, fewest] of [
        [1, 2],
        [0, 0],
      ] as const) {
        const update = { Parallelism, Monitor: 0.5e9 };
        const id = await scene.runningService({ mode: three, update, life: { healthyAfterSeconds: 1 } });
        await scene.update(id, restarted);
        let least = 3;
        await scene.until("it is completed", async () => {
          least = Math.min(least, (await scene.runningTasks(id)).length);
          return (await scene.inspect(id)).UpdateStatus?.State === "completed" ? true : null;
        });
        expect(least).toBe(fewest);
      }
    },
  },
  {
    promise: "start first: the old task is stopped when the new one runs",
    async run(scene) {
      const id = await scene.runningService({ update: { Order: "start-first" }, life: { healthyAfterSeconds: 1 } });
      await scene.update(id, restarted);
      let least = 1;
      await scene.until("it is completed", async () => {
        least = Math.min(least, (await scene.runningTasks(id)).length);
        return (await scene.inspect(id)).UpdateStatus?.State === "completed" ? true : null;
      });
      expect(least).toBe(1);
    },
  },
  {
    promise: "an update of a service without tasks has no status",
    async run(scene) {
      const id = await scene.service({ mode: { Replicated: { Replicas: 0 } } });
      await scene.update(id, restarted);
      await scene.pass(2);
      const service = await scene.inspect(id);
      expect(service.UpdateStatus ?? null).toBeNull();
      expect(service.PreviousSpec).toBeTruthy();
    },
  },
  {
    promise: "a new update takes over from the one under way: no task of that one is left",
    async run(scene) {
      const [old, first, second] = [await scene.secret(), await scene.secret(), await scene.secret()];
      const id = await scene.runningService({ secrets: [old], mode: three });
      await scene.update(id, swap(old, first));
      await scene.untilStatus(id, "updating");
      await scene.update(id, swap(first, second));
      await scene.untilStatus(id, "completed");
      expect(await countWith(scene, id, second)).toBe(3);
      const service = await scene.inspect(id);
      expect(JSON.stringify(service.PreviousSpec)).toContain(first.id);
    },
  },
  {
    promise: "the identical spec sent during a rollout leaves it without a status to its end",
    async run(scene) {
      const [old, fresh] = [await scene.secret(), await scene.secret()];
      const id = await scene.runningService({ secrets: [old], mode: three });
      await scene.update(id, swap(old, fresh));
      await scene.untilStatus(id, "updating");
      await scene.update(id);
      await scene.untilRunning(id, 3, (task) => secretsOf(task).includes(fresh.id));
      await scene.pass(3);
      const service = await scene.inspect(id);
      expect(service.UpdateStatus ?? null).toBeNull();
      expect(service.PreviousSpec).toEqual(service.Spec);
    },
  },
  {
    promise: "a rollback by hand changes spec and previous spec about, and is said to be one",
    async run(scene) {
      const [old, fresh] = [await scene.secret(), await scene.secret()];
      const id = await scene.runningService({ secrets: [old] });
      await scene.update(id, swap(old, fresh));
      await scene.untilStatus(id, "completed");
      await rollBackByHand(scene, id);
      const service = await scene.untilStatus(id, "rollback_completed");
      expect(JSON.stringify(service.Spec)).toContain(old.id);
      expect(JSON.stringify(service.PreviousSpec)).toContain(fresh.id);
      expect(await countWith(scene, id, old)).toBe(1);
    },
  },
  {
    promise: "a rollback has nothing to go back to on a new service, and is refused",
    async run(scene) {
      const id = await scene.service({ mode: { Replicated: { Replicas: 0 } } });
      const { Version, Spec } = await scene.inspect(id);
      const given = { query: { version: String(Version.Index), rollback: "previous" }, body: Spec };
      const refusal = { status: 400, words: /does not have a previous spec/ };
      await scene.refused(refusal, "POST", `/services/${id}/update`, given);
    },
  },
  {
    promise: "a task that can start nowhere keeps the update updating",
    async run(scene) {
      const id = await scene.runningService({ life: {} });
      await scene.update(id, (spec) => {
        const ContainerSpec = scene.spec({ life: { healthyAfterSeconds: 600 } }).TaskTemplate.ContainerSpec;
        Object.assign(spec.TaskTemplate, { ContainerSpec });
      });
      await scene.pass(6);
      expect((await scene.inspect(id)).UpdateStatus?.State).toBe("updating");
      await scene.taken("DELETE", `/services/${id}`);
    },
  },
];
