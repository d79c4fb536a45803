import { describe, expect, it } from "vitest";
import { findStep, type Operation } from "./ledger.ts";
import { Rehearsal } from "./model/rehearsal.ts";
import { containerOf } from "./model/task-life.ts";
import type { Spec } from "./model/tasks.ts";
import { requestStop } from "./requests/stop.ts";
import { requestUndo } from "./requests/undo.ts";
import { samplePermit, sampleStarter } from "./sample.ts";
import type { Plan } from "./schema.ts";
import { viewOf } from "./view.ts";

function scene(names = ["a", "b"], over: Partial<Plan> = {}) {
  const rehearsal = new Rehearsal();
  const old = rehearsal.own();
  for (const name of names) rehearsal.model.addService(name, { secrets: [old] });
  return { rehearsal, old, plan: rehearsal.rotation([old.id], names, { order: "one-by-one", ...over }) };
}

function isWatched(service: string) {
  return (operation: Operation) => findStep(operation, "move", `service-${service}`)?.state === "done";
}

function lanes(operation: Operation): string[] {
  return viewOf(operation, sampleStarter).lanes.map(({ serviceName, state }) => `${serviceName} ${state}`);
}

function addEnvironment(spec: Spec): void {
  spec.TaskTemplate.ContainerSpec.Env = ["ADDED=1"];
}

describe("an edit by another hand", () => {
  it("between reading and sending is kept: the service is read again and the same patch applied", async () => {
    const { rehearsal, plan } = scene(["a"]);
    let times = 3;
    rehearsal.model.meddle = async ({ name }, apply) => {
      if (name === "updateService" && times > 0) {
        times -= 1;
        rehearsal.model.edit("service-a", addEnvironment);
        rehearsal.model.advance(20);
      }
      return apply();
    };
    expect((await rehearsal.run(await rehearsal.start(plan))).outcome).toBe("done");
    expect(rehearsal.model.service("service-a").spec.TaskTemplate.ContainerSpec.Env).toEqual(["ADDED=1"]);
    expect(rehearsal.named("a")).toEqual({ db_password: "db_password_v2" });
    expect(rehearsal.updates("a")).toBe(1);
    const results = rehearsal.store.events.flatMap(({ detail }) => (detail.type === "call.ended" ? detail.result : []));
    expect(results).toEqual(["applied", "not-applied", "not-applied", "not-applied", "applied"]);
  });

  it("ten times in a row needs a person, and nothing was overwritten", async () => {
    const { rehearsal, plan } = scene(["a"]);
    rehearsal.model.meddle = async ({ name }, apply) => {
      if (name === "updateService") rehearsal.model.service("service-a").index = rehearsal.model.nextIndex();
      return apply();
    };
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(operation.state).toBe("needs-attention");
    expect(operation.attention?.because).toContain("ten times");
    expect(rehearsal.updates("a")).toBe(0);
  });

  it("that makes a service with the old version while a person stops the operation is left there, and the end says so", async () => {
    const { rehearsal, plan, old } = scene(["a"]);
    const id = await rehearsal.start(plan);
    await rehearsal.run(id, { until: isWatched("a") });
    rehearsal.model.addService("late", { secrets: [old] });
    await requestStop(samplePermit("operation.stop", { operationId: id }), rehearsal.store);
    const operation = await rehearsal.run(id);
    expect(operation.outcome).toBe("stopped-mixed");
    expect(lanes(operation)).toEqual(["a done", "late left-out"]);
    expect(rehearsal.named("late")).toEqual({ db_password: "db_password_v1" });
    expect(rehearsal.updates("late")).toBe(0);
  });

  it("that takes the secret out before its turn leaves the service alone, and names it", async () => {
    const { rehearsal, plan } = scene();
    const id = await rehearsal.start(plan);
    await rehearsal.run(id, { until: isWatched("a") });
    rehearsal.model.edit("service-b", (spec) => {
      spec.TaskTemplate.ContainerSpec.Secrets = [];
    });
    const operation = await rehearsal.run(id);
    expect(operation.outcome).toBe("done-left-out");
    expect(lanes(operation)).toEqual(["a done", "b moved-by-another-hand"]);
    expect(rehearsal.updates("b")).toBe(0);
  });

  it.each([
    ["scaling up", (spec: Spec) => Object.assign(spec.Mode, { Replicated: { Replicas: 4 } })],
    ["scaling down", (spec: Spec) => Object.assign(spec.Mode, { Replicated: { Replicas: 1 } })],
    ["a redeploy", addEnvironment],
  ])(
    "such as %s while it is watched is watched along, to a whole soak of the tasks that are then",
    async (_what, edit) => {
      const { rehearsal, plan } = scene(["a"]);
      const id = await rehearsal.start(plan);
      await rehearsal.run(id, {
        until: (operation) => Boolean(findStep(operation, "watch", "service-a")?.facts.soakFrom),
      });
      const editedAt = rehearsal.model.now;
      rehearsal.model.edit("service-a", edit);
      const operation = await rehearsal.run(id);
      expect(operation.outcome).toBe("done");
      expect(rehearsal.named("a")).toEqual({ db_password: "db_password_v2" });
      expect(rehearsal.model.now - editedAt).toBeGreaterThan(15_000);
    },
  );
});

describe("a service that was moved and is found back on the old version", () => {
  it("is not moved again, and is named at the end", async () => {
    const { rehearsal, plan } = scene();
    const id = await rehearsal.start(plan);
    await rehearsal.run(id, { until: isWatched("b") });
    rehearsal.model.advance(10);
    rehearsal.model.rollBackByHand("service-a");
    const operation = await rehearsal.run(id);
    expect(operation.outcome).toBe("done-left-out");
    expect(lanes(operation)).toEqual(["a moved-by-another-hand", "b done"]);
    expect(rehearsal.updates("a")).toBe(1);
    const ended = rehearsal.store.events.at(-1)?.detail;
    expect(ended).toMatchObject({ type: "operation.ended", leftOut: [{ name: "a" }] });
  });

  it("while it is watched, too", async () => {
    const { rehearsal, plan } = scene(["a"]);
    const id = await rehearsal.start(plan);
    await rehearsal.run(id, { until: isWatched("a") });
    rehearsal.model.rollBackByHand("service-a");
    const operation = await rehearsal.run(id);
    expect(lanes(operation)).toEqual(["a moved-by-another-hand"]);
    expect(rehearsal.updates("a")).toBe(1);
  });
});

describe("services that come and go", () => {
  it("join when they name the old version, with a soak of their own", async () => {
    const { rehearsal, plan, old } = scene(["a"]);
    const id = await rehearsal.start(plan);
    await rehearsal.run(id, { until: isWatched("a") });
    rehearsal.model.addService("late", { secrets: [old] });
    const operation = await rehearsal.run(id);
    expect(operation.outcome).toBe("done");
    expect(lanes(operation)).toEqual(["a done", "late done"]);
    expect(rehearsal.named("late")).toEqual({ db_password: "db_password_v2" });
  });

  it("do not join when they run to their end: they are left out and named", async () => {
    const { rehearsal, plan, old } = scene(["a"]);
    rehearsal.model.rollout.fates.push({ serviceId: "service-job", fate: { completesAfterSeconds: 0 } });
    const id = await rehearsal.start(plan);
    await rehearsal.run(id, { until: isWatched("a") });
    rehearsal.model.addService("job", { secrets: [old], Mode: { ReplicatedJob: { TotalCompletions: 1 } } });
    const operation = await rehearsal.run(id);
    expect(operation.outcome).toBe("done-left-out");
    expect(lanes(operation)).toEqual(["a done", "job left-out"]);
    expect(rehearsal.updates("job")).toBe(0);
  });

  it("are gone, and nothing waits for them, before their turn or in the middle", async () => {
    const { rehearsal, plan } = scene(["a", "b", "c"]);
    const id = await rehearsal.start(plan);
    await rehearsal.run(id, { until: isWatched("a") });
    rehearsal.model.services.delete("service-a");
    rehearsal.model.services.delete("service-c");
    const operation = await rehearsal.run(id);
    expect(operation.outcome).toBe("done");
    expect(lanes(operation)).toEqual(["a gone", "b done", "c gone"]);
  });
});

describe("a busy service", () => {
  function busy(name: "updating" | "paused" | "rollback_started" | "rollback_paused") {
    const { rehearsal, plan } = scene(["a", "b"], { order: "together" });
    const { now } = rehearsal.model;
    rehearsal.model.service("service-b").update = { state: name, startedAt: now, completedAt: null, message: "" };
    return { rehearsal, plan };
  }

  it.each(["updating", "paused", "rollback_started", "rollback_paused"] as const)(
    "that is %s by another hand is left alone, its tasks with it; after ten minutes a person is asked",
    async (state) => {
      const { rehearsal, plan } = busy(state);
      const before = rehearsal.model.tasksOf("service-b").map(({ id }) => id);
      const startedAt = rehearsal.model.now;
      const operation = await rehearsal.run(await rehearsal.start(plan));
      expect(operation.state).toBe("needs-attention");
      expect(rehearsal.model.now - startedAt).toBeGreaterThan(600_000);
      expect(rehearsal.updates("b")).toBe(0);
      expect(rehearsal.model.tasksOf("service-b").map(({ id }) => id)).toEqual(before);
      expect(lanes(operation)).toEqual(["a done", "b failed"]);
    },
  );

  it("is moved when the other hand is through", async () => {
    const { rehearsal, plan } = busy("updating");
    const id = await rehearsal.start(plan);
    await rehearsal.run(id, { until: isWatched("a") });
    const waiting = viewOf(await rehearsal.find(id), sampleStarter).lanes.find(
      ({ serviceName }) => serviceName === "b",
    );
    expect(waiting).toMatchObject({ state: "waiting", waitsFor: expect.stringContaining("being updated") });
    rehearsal.model.service("service-b").update = null;
    expect((await rehearsal.run(id)).outcome).toBe("done");
  });

  it("after this operation's own failed update is put back all the same", async () => {
    const { rehearsal, plan, old } = scene(["a"]);
    rehearsal.model.rollout.fates.push({ serviceId: "service-a", fate: { failsAfterSeconds: 1, error: "no" } });
    rehearsal.model.rollout.fates.push({ secretId: old.id, fate: { failsAfterSeconds: null } });
    expect((await rehearsal.run(await rehearsal.start(plan))).outcome).toBe("undone");
  });

  it("that another hand deployed badly in the middle is not touched by the undo: a person is asked", async () => {
    const { rehearsal, plan } = scene(["a"]);
    const id = await rehearsal.start(plan);
    await rehearsal.run(id, {
      until: (operation) => Boolean(findStep(operation, "watch", "service-a")?.facts.soakFrom),
    });
    rehearsal.model.advance(4);
    rehearsal.model.rollout.fates.push({ serviceId: "service-a", fate: { failsAfterSeconds: 0, error: "bad image" } });
    rehearsal.model.edit("service-a", addEnvironment);
    const operation = await rehearsal.run(id);
    expect(operation.state).toBe("needs-attention");
    expect(rehearsal.updates("a")).toBe(1);
    expect(rehearsal.model.service("service-a").update?.state).toBe("paused");
  });

  it("that the Swarm rolls back from another hand's deploy to what Skep sent is not undone before that is over", async () => {
    const { rehearsal, plan } = scene(["a"]);
    const { model } = rehearsal;
    const service = model.service("service-a");
    service.spec = { ...service.spec, UpdateConfig: { FailureAction: "rollback" } };
    const id = await rehearsal.start(plan);
    await rehearsal.run(id, {
      until: (operation) => Boolean(findStep(operation, "watch", "service-a")?.facts.soakFrom),
    });
    model.advance(8);
    model.edit("service-a", ({ TaskTemplate }) => {
      Object.assign(TaskTemplate.ContainerSpec, containerOf({ endsAfterSeconds: 0, exitCode: 1 }));
    });
    model.advance(3);
    expect(model.service("service-a").update?.state).toBe("rollback_started");
    await requestUndo(samplePermit("operation.undo", { operationId: id, kind: "rotate" }), rehearsal.store);
    const states: (string | undefined)[] = [];
    model.meddle = async ({ subject }, apply) => {
      states.push(model.service(subject).update?.state);
      return apply();
    };
    expect((await rehearsal.run(id)).outcome).toBe("undone");
    expect(states).toEqual(["rollback_completed"]);
  });
});

describe("two operations that want the same service", () => {
  it("do not both update it, however quiet it looks: whoever has it first is waited for", async () => {
    const { rehearsal, plan } = scene(["a"]);
    rehearsal.store.locks.set("cluster-1 service-a", "another operation");
    const id = await rehearsal.start(plan);
    await rehearsal.run(id, {
      until: (operation) => Boolean(findStep(operation, "move", "service-a")?.facts.waitsFor?.includes("another")),
    });
    expect(rehearsal.updates("a")).toBe(0);
    rehearsal.store.locks.clear();
    expect((await rehearsal.run(id)).outcome).toBe("done");
  });

  it("update it one after another", async () => {
    const { rehearsal, plan, old } = scene(["a"]);
    const other = rehearsal.own("api_key", 1, { secretId: "secret-api", versionId: "version-api" });
    rehearsal.model.edit("service-a", (spec) => {
      spec.TaskTemplate.ContainerSpec.Secrets?.push({
        File: { Name: "api_key", UID: "0", GID: "0", Mode: 0o444 },
        SecretID: other.id,
        SecretName: other.name,
      });
    });
    rehearsal.model.advance(60);
    const text = JSON.stringify(plan).replaceAll("db_password", "api_key").replaceAll("secret-db", "secret-api");
    const second = JSON.parse(text.replaceAll(old.id, other.id).replaceAll("version-2", "version-api-2")) as Plan;
    const [one, two] = [await rehearsal.start(plan), await rehearsal.start(second)];
    await rehearsal.run(one, { until: isWatched("a") });
    await rehearsal.run(two, {
      seconds: 30,
      until: (operation) => Boolean(findStep(operation, "move", "service-a")?.facts.waitsFor),
    });
    expect(rehearsal.updates("a")).toBe(1);
    expect((await rehearsal.run(one)).outcome).toBe("done");
    expect((await rehearsal.run(two)).outcome).toBe("done");
    expect(rehearsal.named("a")).toEqual({ db_password: "db_password_v2", api_key: "api_key_v2" });
    expect(rehearsal.updates("a")).toBe(2);
  });
});
