import { describe, expect, it } from "vitest";
import { AppError } from "#lib/errors.ts";
import { findStep, type Operation } from "./ledger.ts";
import { Rehearsal } from "./model/rehearsal.ts";
import { decideAttention } from "./requests/decide.ts";
import { requestStop } from "./requests/stop.ts";
import { samplePermit, sampleStarter } from "./sample.ts";
import type { Plan } from "./schema.ts";
import { viewOf } from "./view.ts";

const words = "task: non-zero exit (1)";

/** A long-running service, and a migration whose task is still at work when the plan is made. */
function scene(services: string[], { endsAfter, ...over }: Partial<Plan> & { endsAfter: number }) {
  const rehearsal = new Rehearsal();
  const { model } = rehearsal;
  const old = rehearsal.own();
  model.addService("a", { secrets: [old] });
  model.rollout.fates.push({ serviceId: "service-migrate", fate: { completesAfterSeconds: endsAfter } });
  const File = { Name: "db_password", UID: "0", GID: "0", Mode: 0o444 };
  const ContainerSpec = { Image: "i", Secrets: [{ File, SecretID: old.id, SecretName: old.name }] };
  const TaskTemplate = { ContainerSpec, ForceUpdate: 0, RestartPolicy: { Condition: "none" as const } };
  model.addService("migrate", { TaskTemplate, Mode: { Replicated: { Replicas: 1 } } });
  return { rehearsal, old, plan: rehearsal.rotation([old.id], services, { order: "one-by-one", ...over }) };
}

function failing(rehearsal: Rehearsal, service: string, { oldId, after }: { oldId: string; after: number }) {
  rehearsal.model.rollout.fates.push({ serviceId: service, fate: { failsAfterSeconds: after, error: words } });
  rehearsal.model.rollout.fates.push({ secretId: oldId, fate: { failsAfterSeconds: null } });
}

const runsOf = ({ model }: Rehearsal) => model.tasksOf("service-migrate").length;
const state = (operation: Operation, service: string) =>
  viewOf(operation, sampleStarter).lanes.find(({ serviceName }) => serviceName === service)?.state;

/** The move was sent and not answered, and has not arrived. */
async function unanswered() {
  const { rehearsal, plan } = scene(["migrate"], { endsAfter: 20 });
  const id = await rehearsal.start(plan);
  rehearsal.model.meddle = async ({ name }, apply) => {
    if (name === "updateService") throw new AppError("swarm-timeout", "The Swarm did not answer.");
    return apply();
  };
  const hasIntent = (operation: Operation) => Boolean(findStep(operation, "move", "service-migrate")?.facts.intent);
  await rehearsal.run(id, { until: hasIntent });
  rehearsal.model.meddle = null;
  return { rehearsal, id };
}

describe("a migration that ended well after the plan was made", () => {
  it("is not run again: it is left out, and named at the end", async () => {
    const { rehearsal, plan } = scene(["a", "migrate"], { endsAfter: 20 });
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(operation.outcome).toBe("done-left-out");
    expect(rehearsal.updates("migrate")).toBe(0);
    expect(state(operation, "migrate")).toBe("left-out");
    expect(viewOf(operation, sampleStarter).next).toContain("migrate");
    expect(rehearsal.store.events.at(-1)?.detail).toMatchObject({ leftOut: [{ id: "service-migrate" }] });
  });

  it("while it was watched has succeeded", async () => {
    const { rehearsal, plan } = scene(["migrate", "a"], { endsAfter: 8 });
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(operation.outcome).toBe("done");
    expect(runsOf(rehearsal)).toBe(2);
  });

  it("is put back only when a person, who was told that it would run again, wants that", async () => {
    for (const choice of ["accept", "try-again"] as const) {
      const { rehearsal, plan, old } = scene(["migrate", "a"], { endsAfter: 18 });
      failing(rehearsal, "service-a", { oldId: old.id, after: 8 });
      const operation = await rehearsal.run(await rehearsal.start(plan));
      expect(operation.state).toBe("needs-attention");
      expect(operation.attention?.because).toContain("migrate has run to its end");
      expect(runsOf(rehearsal)).toBe(2);
      await decideAttention(
        samplePermit("operation.decide", { operationId: operation.id, kind: "rotate" }),
        choice,
        rehearsal.store,
      );
      expect((await rehearsal.run(operation.id)).outcome).toBe(choice === "accept" ? "accepted" : "undone");
      expect(runsOf(rehearsal)).toBe(choice === "accept" ? 2 : 3);
    }
  });

  it("is not run again by a call that was not answered: a minute passes, and it is left out", async () => {
    const { rehearsal, id } = await unanswered();
    rehearsal.model.advance(30);
    const begun = rehearsal.model.now;
    const operation = await rehearsal.run(id);
    expect(findStep(operation, "move", "service-migrate")).toMatchObject({ attempt: 1, facts: { intent: null } });
    expect(operation.outcome).toBe("done-left-out");
    expect(rehearsal.updates("migrate")).toBe(0);
    expect(rehearsal.model.now - begun).toBeGreaterThan(25_000);
  });
});

describe("a migration that may end at any moment", () => {
  it("gets no identical spec that keeps a late write away: it is left for a minute", async () => {
    const { rehearsal, id } = await unanswered();
    await requestStop(samplePermit("operation.stop", { operationId: id }), rehearsal.store);
    const begun = rehearsal.model.now;
    expect((await rehearsal.run(id)).state).toBe("ended");
    expect(rehearsal.model.calls.filter(({ name }) => name === "updateService")).toEqual([]);
    expect(rehearsal.model.now - begun).toBeGreaterThan(50_000);
  });
});

describe("a service that slept when the plan was made", () => {
  it("and woke before its turn is watched for a whole soak", async () => {
    const rehearsal = new Rehearsal();
    const old = rehearsal.own();
    rehearsal.model.addService("a", { secrets: [old] });
    rehearsal.model.addService("z", { secrets: [old], Mode: { Replicated: { Replicas: 0 } } });
    const plan = rehearsal.rotation([old.id], ["a", "z"], { order: "one-by-one" });
    const changes = plan.changes.map((change) =>
      change.serviceId === "service-z" ? { ...change, kind: "asleep" as const, soakSeconds: 0 } : change,
    );
    const id = await rehearsal.start({ ...plan, changes });
    await rehearsal.run(id, { until: (operation) => findStep(operation, "move", "service-a")?.state === "done" });
    rehearsal.model.edit("service-z", (spec) => {
      spec.Mode = { Replicated: { Replicas: 1 } };
    });
    rehearsal.model.advance(6);
    failing(rehearsal, "service-z", { oldId: old.id, after: 3 });
    const operation = await rehearsal.run(id);
    expect(operation.outcome).toBe("undone");
    expect(rehearsal.named("a")).toEqual({ db_password: "db_password_v1" });
  });
});

describe("progress of a service", () => {
  it("is any further task that comes to run: another hand's slow redeploy in the soak undoes nothing", async () => {
    const rehearsal = new Rehearsal();
    const old = rehearsal.own();
    rehearsal.model.addService("a", { secrets: [old], Mode: { Replicated: { Replicas: 4 } } });
    rehearsal.model.rollout.fates.push({ serviceId: "service-a", fate: { startSeconds: 200 } });
    const id = await rehearsal.start(rehearsal.rotation([old.id], ["a"]));
    await rehearsal.run(id, {
      until: (operation) => Boolean(findStep(operation, "watch", "service-a")?.facts.soakFrom),
    });
    rehearsal.model.edit("service-a", (spec) => {
      spec.TaskTemplate.ForceUpdate = 1;
    });
    expect((await rehearsal.run(id)).outcome).toBe("done");
  });

  it("is none when tasks end by themselves and are begun again: that is over after ten minutes", async () => {
    const rehearsal = new Rehearsal();
    const old = rehearsal.own();
    rehearsal.model.addService("a", { secrets: [old] });
    rehearsal.model.rollout.fates.push({ serviceId: "service-a", fate: { completesAfterSeconds: 5 } });
    rehearsal.model.rollout.fates.push({ secretId: old.id, fate: { completesAfterSeconds: null } });
    rehearsal.model.edit("service-a", (spec) => {
      spec.UpdateConfig = { FailureAction: "continue" };
    });
    rehearsal.model.advance(30);
    const id = await rehearsal.start(rehearsal.rotation([old.id], ["a"]));
    const operation = await rehearsal.run(id, { until: ({ direction }) => direction === "undoing" });
    expect(operation.direction).toBe("undoing");
    expect(rehearsal.model.now - Date.parse(operation.createdAt)).toBeLessThan(900_000);
  });
});
