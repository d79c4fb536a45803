import "server-only";
import { expect } from "vitest";
import { type ContractCase, referenceTo, restarted, swap } from "./contract-stage.ts";

const asleep = { Replicated: { Replicas: 0 } };
const unknownSecret = { status: 400, words: /secret|Secret/ };

export const serviceCases: ContractCase[] = [
  {
    promise: "an update of a service is taken only for the version that it has now",
    async run(scene) {
      const id = await scene.service({ mode: asleep });
      const { Version, Spec } = await scene.inspect(id);
      const query = { version: String(Version.Index) };
      await scene.taken("POST", `/services/${id}/update`, { query, body: Spec });
      const late = { query, body: Spec };
      await scene.refused({ status: 500, words: /update out of sequence/ }, "POST", `/services/${id}/update`, late);
      expect((await scene.inspect(id)).Version.Index).toBeGreaterThan(Version.Index);
    },
  },
  {
    promise: "a service's name is taken, and a service that is not there is not found",
    async run(scene) {
      const spec = scene.spec({ mode: asleep });
      await scene.taken("POST", "/services/create", { body: spec });
      await scene.refused({ status: 409, words: /name conflicts/ }, "POST", "/services/create", { body: spec });
      await scene.refused({ status: 404, words: /not found/ }, "GET", "/services/nothing");
      const query = { version: "1" };
      await scene.refused({ status: 404, words: /not found/ }, "POST", "/services/nothing/update", {
        query,
        body: spec,
      });
    },
  },
  {
    promise: "a reference needs the ID and the name of one secret that is there",
    async run(scene) {
      const [one, other] = [await scene.secret(), await scene.secret()];
      const gone = { id: "0123456789abcdefghijklmno", name: "gone" };
      for (const secret of [gone, { id: one.id, name: other.name }]) {
        const body = scene.spec({ secrets: [secret], mode: asleep });
        await scene.refused(unknownSecret, "POST", "/services/create", { body });
        const id = await scene.service({ mode: asleep });
        const { Version, Spec } = await scene.inspect(id);
        Spec.TaskTemplate.ContainerSpec.Secrets = [referenceTo(secret, "file")];
        const given = { query: { version: String(Version.Index) }, body: Spec };
        await scene.refused(unknownSecret, "POST", `/services/${id}/update`, given);
      }
    },
  },
  {
    promise: "one target has one file, and another way to write it counts as another target",
    async run(scene) {
      const [one, other] = [await scene.secret(), await scene.secret()];
      const twice = scene.spec({
        secrets: [
          { ...one, target: "file" },
          { ...other, target: "file" },
        ],
        mode: asleep,
      });
      await scene.refused({ status: 400, words: /target/ }, "POST", "/services/create", { body: twice });
      const secrets = [
        { ...one, target: "file" },
        { ...other, target: "/run/secrets/file" },
      ];
      await scene.service({ secrets, mode: asleep });
    },
  },
  {
    promise: "one secret may be mounted twice",
    async run(scene) {
      const one = await scene.secret();
      const id = await scene.service({ secrets: [one, one], mode: asleep });
      const { Spec } = await scene.inspect(id);
      expect(Spec.TaskTemplate.ContainerSpec.Secrets?.map(({ SecretID }) => SecretID)).toEqual([one.id, one.id]);
    },
  },
  {
    promise: "a reference without a file is refused",
    async run(scene) {
      const one = await scene.secret();
      const body = scene.spec({ secrets: [one], mode: asleep });
      body.TaskTemplate.ContainerSpec.Secrets = [{ SecretID: one.id, SecretName: one.name } as never];
      await scene.refused({ status: 400, words: /malformed|file|target/i }, "POST", "/services/create", { body });
    },
  },
  {
    promise: "the way back is the spec before: each update moves it on, and the identical spec makes it lead nowhere",
    async run(scene) {
      const [old, fresh] = [await scene.secret(), await scene.secret()];
      const id = await scene.service({ secrets: [old], mode: asleep });
      expect((await scene.inspect(id)).PreviousSpec ?? null).toBeNull();
      await scene.update(id, swap(old, fresh));
      const moved = await scene.inspect(id);
      expect(moved.PreviousSpec?.TaskTemplate.ContainerSpec.Secrets?.map(({ SecretID }) => SecretID)).toEqual([old.id]);
      await scene.update(id);
      const released = await scene.inspect(id);
      expect(released.PreviousSpec).toEqual(released.Spec);
      expect(released.Spec).toEqual(moved.Spec);
    },
  },
  {
    promise: "the identical spec clears the status of a quiet service and restarts nothing",
    async run(scene) {
      const id = await scene.runningService({ mode: { Replicated: { Replicas: 2 } } });
      await scene.update(id, restarted);
      await scene.untilStatus(id, "completed");
      const before = (await scene.untilRunning(id, 2)).map(({ ID }) => ID).sort();
      await scene.update(id);
      expect((await scene.inspect(id)).UpdateStatus ?? null).toBeNull();
      await scene.pass(2);
      expect((await scene.inspect(id)).UpdateStatus ?? null).toBeNull();
      expect((await scene.runningTasks(id)).map(({ ID }) => ID).sort()).toEqual(before);
    },
  },
  {
    promise: "to scale a service restarts nothing and says nothing; what is too much is gone soon",
    async run(scene) {
      const id = await scene.runningService({ mode: { Replicated: { Replicas: 2 } } });
      const before = (await scene.runningTasks(id)).map(({ ID }) => ID);
      await scene.update(id, (spec) => Object.assign(spec, { Mode: { Replicated: { Replicas: 3 } } }));
      const more = (await scene.untilRunning(id, 3)).map(({ ID }) => ID);
      expect(more).toEqual(expect.arrayContaining(before));
      expect((await scene.inspect(id)).UpdateStatus ?? null).toBeNull();
      await scene.update(id, (spec) => Object.assign(spec, { Mode: { Replicated: { Replicas: 1 } } }));
      const left = await scene.until("the others are gone", async () => {
        const tasks = await scene.tasks(id);
        return tasks.length === 1 ? tasks : null;
      });
      expect(more).toContain(left[0]?.ID);
    },
  },
  {
    promise: "a service that is removed takes its tasks with it, after a moment",
    async run(scene) {
      const id = await scene.runningService({ mode: { Replicated: { Replicas: 2 } } });
      const own = new Set((await scene.tasks(id)).map(({ ID }) => ID));
      await scene.taken("DELETE", `/services/${id}`);
      await scene.refused({ status: 404, words: /not found/ }, "GET", `/services/${id}`);
      const left = async () => {
        const tasks = await scene.taken<{ ID: string; DesiredState: string }[]>("GET", "/tasks");
        return tasks.filter(({ ID }) => own.has(ID));
      };
      await scene.until("its tasks are to go", async () => {
        return (await left()).every(({ DesiredState }) => DesiredState === "remove") || null;
      });
      await scene.until("its tasks are gone", async () => (await left()).length === 0 || null);
    },
  },
  {
    promise: "a service's own counts say how many tasks run and how many are wanted",
    async run(scene) {
      const id = await scene.runningService({ mode: { Replicated: { Replicas: 2 } } });
      const query = { status: "true", filters: JSON.stringify({ id: [id] }) };
      const [service] = await scene.taken<{ ServiceStatus: object }[]>("GET", "/services", { query });
      expect(service?.ServiceStatus).toMatchObject({ RunningTasks: 2, DesiredTasks: 2 });
    },
  },
];
