import "server-only";
import { expect } from "vitest";
import { type ContractCase, type ContractScene, restarted, secretsOf, swap, type TaskJson } from "./contract-stage.ts";

const two = { Replicated: { Replicas: 2 } };

/** All tasks have ended, and there are so many. */
function untilEnded(scene: ContractScene, id: string, count: number): Promise<TaskJson[]> {
  return scene.until(`${count} tasks have ended`, async () => {
    const tasks = await scene.tasks(id);
    const ended = tasks.filter(({ Status }) => Status.State === "complete" || Status.State === "failed");
    return ended.length >= count ? ended : null;
  });
}

/** The node says that a task has ended; that nobody wants it any more, Swarm says a moment later. */
function untilGivenUp(scene: ContractScene, id: string, count: number): Promise<TaskJson[]> {
  return scene.until(`${count} tasks are given up`, async () => {
    const ended = await untilEnded(scene, id, count);
    return ended.every(({ DesiredState }) => DesiredState === "shutdown") ? ended : null;
  });
}

async function staysWithout(scene: ContractScene, id: string, known: readonly TaskJson[]): Promise<void> {
  await scene.pass(2.5);
  expect((await scene.tasks(id)).map(({ ID }) => ID).sort()).toEqual(known.map(({ ID }) => ID).sort());
}

export const taskCases: ContractCase[] = [
  {
    promise:
      "a replicated service has a task in each slot, and each names the secrets of the spec that it was made from",
    async run(scene) {
      const [one, other] = [await scene.secret(), await scene.secret()];
      const id = await scene.runningService({ secrets: [one, other], mode: two });
      const tasks = await scene.tasks(id);
      expect(tasks.map(({ Slot }) => Slot).sort()).toEqual([1, 2]);
      for (const task of tasks) expect(secretsOf(task)).toEqual([one.id, other.id]);
      expect(new Set(tasks.map(({ DesiredState }) => DesiredState))).toEqual(new Set(["running"]));
    },
  },
  {
    promise: "a global service has a task on each node, in no slot",
    async run(scene) {
      const nodes = await scene.taken<{ ID: string }[]>("GET", "/nodes");
      const id = await scene.runningService({ mode: { Global: {} }, tasks: nodes.length });
      const tasks = await scene.tasks(id);
      expect(tasks.map(({ NodeID }) => NodeID).sort()).toEqual(nodes.map(({ ID }) => ID).sort());
      expect(tasks.map(({ Slot }) => Slot ?? 0)).toEqual(tasks.map(() => 0));
    },
  },
  {
    promise: "a service of no replicas has no task",
    async run(scene) {
      const id = await scene.service({ mode: { Replicated: { Replicas: 0 } } });
      await scene.pass(1);
      expect(await scene.tasks(id)).toEqual([]);
    },
  },
  {
    promise: "a task that fails says its code, is given up, and another one follows in its slot after the delay",
    async run(scene) {
      const id = await scene.service({ life: { endsAfterSeconds: 0, exitCode: 3 } });
      const [first] = await untilGivenUp(scene, id, 1);
      expect(first).toMatchObject({ DesiredState: "shutdown", Slot: 1 });
      expect(first?.Status).toMatchObject({ State: "failed", ContainerStatus: { ExitCode: 3 } });
      expect(first?.Status.Err).toContain("3");
      const next = (await scene.tasks(id)).filter(({ ID }) => ID !== first?.ID);
      expect(next).toHaveLength(1);
      expect(next[0]).toMatchObject({ Slot: 1, DesiredState: "ready" });
    },
  },
  {
    promise: "a task that ends well is begun again where the policy says any",
    async run(scene) {
      const id = await scene.service({ life: { endsAfterSeconds: 0 } });
      const ended = await untilGivenUp(scene, id, 2);
      for (const task of ended) expect(task).toMatchObject({ DesiredState: "shutdown", Status: { State: "complete" } });
    },
  },
  {
    promise: "a slot keeps its last tasks, six in all, and forgets those before",
    async run(scene) {
      const id = await scene.service({ life: { endsAfterSeconds: 0 } });
      await scene.until("tasks come and go", async () => ((await scene.tasks(id)).length >= 6 ? true : null));
      await scene.pass(5);
      expect((await scene.tasks(id)).length).toBeLessThanOrEqual(7);
      expect((await scene.tasks(id)).length).toBeGreaterThanOrEqual(5);
    },
  },
  {
    promise: "a task that ends well is not begun again where the policy says on failure, one that fails is",
    async run(scene) {
      const well = await scene.service({ life: { endsAfterSeconds: 0 }, restart: "on-failure" });
      const badly = await scene.service({ life: { endsAfterSeconds: 0, exitCode: 1 }, restart: "on-failure" });
      const ended = await untilGivenUp(scene, well, 1);
      expect(ended[0]).toMatchObject({ DesiredState: "shutdown", Status: { State: "complete" } });
      await staysWithout(scene, well, ended);
      await untilEnded(scene, badly, 2);
    },
  },
  {
    promise: "nothing is begun again where the policy says none",
    async run(scene) {
      const id = await scene.service({ life: { endsAfterSeconds: 0, exitCode: 1 }, restart: "none" });
      await staysWithout(scene, id, await untilEnded(scene, id, 1));
    },
  },
  {
    promise: "what has run to its end runs again when its template changes, and not for the identical spec or a scale",
    async run(scene) {
      const id = await scene.service({ life: { endsAfterSeconds: 0 }, restart: "none" });
      const first = await untilEnded(scene, id, 1);
      await scene.update(id);
      await staysWithout(scene, id, first);
      await scene.update(id, restarted);
      await untilEnded(scene, id, 2);
    },
  },
  {
    promise: "a job runs to its end once, and again for the identical spec; it never has an update status",
    async run(scene) {
      const id = await scene.service({
        life: { endsAfterSeconds: 0 },
        restart: "on-failure",
        mode: { ReplicatedJob: { TotalCompletions: 1 } },
      });
      const [first] = await untilEnded(scene, id, 1);
      expect(first).toMatchObject({ DesiredState: "complete", Status: { State: "complete" } });
      await scene.update(id);
      const again = await scene.until("it runs again", async () => {
        const other = (await scene.tasks(id)).filter(({ ID }) => ID !== first?.ID);
        return other.some(({ Status }) => Status.State === "complete") ? other : null;
      });
      expect(again).toHaveLength(1);
      expect((await scene.inspect(id)).UpdateStatus ?? null).toBeNull();
    },
  },
  {
    promise: "with a health check a task is starting until it is healthy, then it runs",
    async run(scene) {
      const id = await scene.service({ life: { healthyAfterSeconds: 8 } });
      await scene.until("it starts", async () => {
        const [task] = await scene.tasks(id);
        return task?.Status.State === "starting" ? true : null;
      });
      await scene.pass(1);
      expect(await scene.runningTasks(id)).toEqual([]);
      await scene.untilRunning(id, 1);
    },
  },
  {
    promise: "a task reads the value of the object that its spec names, and fails with another",
    async run(scene) {
      const [good, bad] = [await scene.secret("good"), await scene.secret("bad")];
      const life = { needs: { target: "file", value: "good" } };
      const id = await scene.runningService({ secrets: [{ ...good, target: "file" }], life });
      await scene.update(id, swap(good, bad));
      const failed = await scene.until("the new task fails", async () => {
        return (await scene.tasks(id)).find(({ Status }) => Status.State === "failed") ?? null;
      });
      expect(secretsOf(failed)).toEqual([bad.id]);
      expect(failed.Status.ContainerStatus?.ExitCode).toBe(7);
    },
  },
  {
    promise: "a task that an update replaces is stopped: its slot's next task waits for it",
    async run(scene) {
      const id = await scene.runningService();
      const [old] = await scene.runningTasks(id);
      await scene.update(id, restarted);
      const [fresh] = await scene.untilRunning(id, 1, ({ ID }) => ID !== old?.ID);
      expect(fresh?.Slot).toBe(old?.Slot);
      const ended = (await scene.tasks(id)).find(({ ID }) => ID === old?.ID);
      expect(ended).toMatchObject({ DesiredState: "shutdown" });
      expect(["shutdown", "complete"]).toContain(ended?.Status.State);
    },
  },
];
