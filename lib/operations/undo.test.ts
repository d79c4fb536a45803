import { describe, expect, it } from "vitest";
import { AppError } from "#lib/errors.ts";
import { findStep, type Operation } from "./ledger.ts";
import { Rehearsal } from "./model/rehearsal.ts";
import type { Spec } from "./model/tasks.ts";
import { decideAttention } from "./requests/decide.ts";
import { requestUndo } from "./requests/undo.ts";
import { samplePermit, sampleStarter } from "./sample.ts";
import type { AttentionChoice, Plan } from "./schema.ts";
import { viewOf } from "./view.ts";

const words = "task: non-zero exit (1)";

function scene(over: Partial<Plan> = {}, spec: Partial<Spec> = {}) {
  const rehearsal = new Rehearsal();
  const old = rehearsal.own();
  for (const name of ["a", "b", "c"]) rehearsal.model.addService(name, { secrets: [old], ...spec });
  const plan = rehearsal.rotation([old.id], ["a", "b", "c"], over);
  const fail = (service: string) => {
    rehearsal.model.rollout.fates.push({
      serviceId: `service-${service}`,
      fate: { failsAfterSeconds: 1, error: words },
    });
    rehearsal.model.rollout.fates.push({ secretId: old.id, fate: { failsAfterSeconds: null } });
  };
  return { rehearsal, plan, old, fail };
}

async function decide(rehearsal: Rehearsal, { id }: Operation, choice: AttentionChoice): Promise<Operation> {
  await decideAttention(samplePermit("operation.decide", { operationId: id, kind: "rotate" }), choice, rehearsal.store);
  return rehearsal.run(id);
}

function lanes(operation: Operation): string[] {
  return viewOf(operation, sampleStarter).lanes.map(({ serviceName, state }) => `${serviceName} ${state}`);
}

describe("a service whose new tasks fail", () => {
  it.each(["pause", "continue", "rollback"] as const)(
    "is put back with all others under failure action %s, in the task's own words",
    async (FailureAction) => {
      const { rehearsal, plan, old, fail } = scene({ order: "one-by-one" }, { UpdateConfig: { FailureAction } });
      fail("b");
      const operation = await rehearsal.run(await rehearsal.start(plan));
      expect(operation).toMatchObject({ state: "ended", outcome: "undone", direction: "undoing" });
      expect(lanes(operation)).toEqual(["a undone", "b undone", "c left-out"]);
      expect(rehearsal.updates("c")).toBe(0);
      for (const name of ["a", "b"]) expect(rehearsal.named(name)).toEqual({ db_password: "db_password_v1" });
      const view = viewOf(operation, sampleStarter);
      expect(view.lanes[1]?.error).toEqual({ task: "b.1", node: "node-1", text: words });
      expect(view.summary).toContain(words);
      expect(rehearsal.eventTypes()).toContain("operation.undo-began");
      const versions = [...rehearsal.store.books.versions.values()];
      expect(versions.map(({ state }) => state)).toEqual(["current", "abandoned"]);
      expect(versions[1]?.retireAfter).toBeLessThanOrEqual(rehearsal.model.now);
      const recorded = rehearsal.store.books.grants.map(({ serviceId, objectId }) => [serviceId, objectId]);
      expect(recorded.toSorted()).toEqual(["service-a", "service-b"].map((id) => [id, old.id]));
    },
  );

  it("is put back first, then the others from the last to the first", async () => {
    const { rehearsal, plan, fail } = scene({ order: "one-by-one" });
    fail("c");
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(operation.outcome).toBe("undone");
    const back = rehearsal.model.calls.filter(({ name }) => name === "updateService").slice(3);
    expect(back.map(({ subject }) => subject)).toEqual(["service-c", "service-b", "service-a"]);
  });

  it("is noticed while it soaks, and what others move at the same time goes back too", async () => {
    const { rehearsal, plan, old } = scene();
    rehearsal.model.rollout.fates.push({ serviceId: "service-b", fate: { failsAfterSeconds: 12, error: words } });
    rehearsal.model.rollout.fates.push({ secretId: old.id, fate: { failsAfterSeconds: null } });
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(lanes(operation)).toEqual(["a undone", "b undone", "c undone"]);
  });

  it("does not fail the next rotation by what is left of its tasks", async () => {
    const { rehearsal, plan, fail, old } = scene();
    fail("b");
    await rehearsal.run(await rehearsal.start(plan));
    rehearsal.model.rollout.fates.length = 0;
    const again = rehearsal.rotation([old.id], ["a", "b", "c"]);
    const create = again.create.map((version) => ({
      ...version,
      versionId: "version-3",
      number: 3,
      objectName: "db_password_v3",
    }));
    const text = JSON.stringify({ ...again, create }).replaceAll('"versionId":"version-2"', '"versionId":"version-3"');
    expect((await rehearsal.run(await rehearsal.start(JSON.parse(text) as Plan))).outcome).toBe("done");
  });
});

describe("where the old value is no longer valid", () => {
  it("a failure puts nothing back: it stops there, keeps both versions and asks a person", async () => {
    const { rehearsal, plan, fail } = scene({ oldValueStaysValid: false, order: "one-by-one" });
    fail("b");
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(operation.state).toBe("needs-attention");
    expect(operation.attention?.choices).toEqual(["try-again", "undo", "accept"]);
    expect(lanes(operation)).toEqual(["a done", "b failed", "c left-out"]);
    expect(["a", "b", "c"].map((name) => rehearsal.updates(name))).toEqual([1, 1, 0]);
    expect(rehearsal.model.secrets.size).toBe(2);
    expect(rehearsal.eventTypes()).toContain("operation.needs-attention");
    expect(rehearsal.store.locks.size).toBe(0);
    expect([...rehearsal.store.books.versions.values()].map(({ state }) => state)).toEqual(["current", "pending"]);
  });

  it("services that are under way at that moment are watched to their end", async () => {
    const { rehearsal, plan, fail } = scene({ oldValueStaysValid: false });
    fail("b");
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(lanes(operation)).toEqual(["a done", "b failed", "c done"]);
  });

  it("trying again resumes the paused rollout and goes on to the rest", async () => {
    const { rehearsal, plan, fail } = scene({ oldValueStaysValid: false, order: "one-by-one" });
    fail("b");
    const stopped = await rehearsal.run(await rehearsal.start(plan));
    rehearsal.model.rollout.fates.length = 0;
    const operation = await decide(rehearsal, stopped, "try-again");
    expect(operation).toMatchObject({ state: "ended", outcome: "done", direction: "forward" });
    expect(lanes(operation)).toEqual(["a done", "b done", "c done"]);
    for (const name of ["a", "b", "c"]) expect(rehearsal.named(name)).toEqual({ db_password: "db_password_v2" });
    expect(rehearsal.updates("a")).toBe(1);
  });

  it("trying again in vain asks again, and can still be undone", async () => {
    const { rehearsal, plan, fail } = scene({ oldValueStaysValid: false, order: "one-by-one" });
    fail("b");
    const stopped = await rehearsal.run(await rehearsal.start(plan));
    const again = await decide(rehearsal, stopped, "try-again");
    expect(again.state).toBe("needs-attention");
    const operation = await decide(rehearsal, again, "undo");
    expect(operation).toMatchObject({ state: "ended", outcome: "undone" });
    for (const name of ["a", "b", "c"]) expect(rehearsal.named(name)).toEqual({ db_password: "db_password_v1" });
  });

  it("trying again leaves alone what another hand has deployed meanwhile, and so does the undo", async () => {
    const { rehearsal, plan, fail } = scene({ oldValueStaysValid: false, order: "one-by-one" });
    fail("b");
    const stopped = await rehearsal.run(await rehearsal.start(plan));
    rehearsal.model.edit("service-b", (spec) => Object.assign(spec.TaskTemplate.ContainerSpec, { Env: ["ADDED=1"] }));
    rehearsal.model.advance(60);
    expect(rehearsal.model.service("service-b").update?.state).toBe("paused");
    const rolloutAt = rehearsal.model.service("service-b").update?.startedAt;
    const again = await decide(rehearsal, stopped, "try-again");
    expect(again).toMatchObject({
      state: "needs-attention",
      attention: { because: expect.stringContaining("paused") },
    });
    expect(rehearsal.updates("b")).toBe(1);
    expect((await decide(rehearsal, again, "undo")).state).toBe("needs-attention");
    expect(rehearsal.updates("b")).toBe(1);
    expect(rehearsal.model.service("service-b").update).toMatchObject({ state: "paused", startedAt: rolloutAt });
  });

  it("leaving it as it is ends there, in words of its own, with the new version current", async () => {
    const { rehearsal, plan, fail } = scene({ oldValueStaysValid: false, order: "one-by-one" });
    fail("b");
    const operation = await decide(rehearsal, await rehearsal.run(await rehearsal.start(plan)), "accept");
    expect(operation).toMatchObject({ state: "ended", outcome: "accepted" });
    expect(viewOf(operation, sampleStarter).summary).toContain("not moved: c");
    const versions = [...rehearsal.store.books.versions.values()];
    expect(versions.map(({ state, retireAfter }) => [state, retireAfter])).toEqual([
      ["previous", null],
      ["current", null],
    ]);
  });

  it("refuses a choice that is none", async () => {
    const { rehearsal, plan } = scene();
    const id = await rehearsal.start(plan);
    const permit = samplePermit("operation.decide", { operationId: id, kind: "rotate" });
    await expect(decideAttention(permit, "accept", rehearsal.store)).rejects.toMatchObject({ code: "plan-changed" });
  });
});

describe("an undo", () => {
  it("that fails asks a person, after the others were put back", async () => {
    const { rehearsal, plan } = scene();
    rehearsal.model.rollout.fates.push({ serviceId: "service-b", fate: { failsAfterSeconds: 1, error: words } });
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(operation.state).toBe("needs-attention");
    expect(lanes(operation)).toEqual(["a undone", "b failed", "c undone"]);
    expect(operation.attention?.choices).toEqual(["try-again", "accept"]);
    expect(rehearsal.model.secrets.size).toBe(2);
    rehearsal.model.rollout.fates.length = 0;
    const again = await decide(rehearsal, operation, "try-again");
    expect(again).toMatchObject({ state: "ended", outcome: "undone" });
    expect(lanes(again)).toEqual(["a undone", "b undone", "c undone"]);
  });

  it("of a service that another hand keeps on the new version, under another file, is no whole one and names it", async () => {
    const { rehearsal, plan, fail } = scene({ order: "one-by-one" });
    fail("b");
    const id = await rehearsal.start(plan);
    await rehearsal.run(id, { until: (operation) => findStep(operation, "watch", "service-a")?.state === "done" });
    rehearsal.model.edit("service-a", ({ TaskTemplate }) => {
      for (const { File } of TaskTemplate.ContainerSpec.Secrets ?? []) File.Name = "renamed";
    });
    const operation = await rehearsal.run(id);
    expect(operation).toMatchObject({ state: "ended", outcome: "stopped-mixed" });
    expect(lanes(operation)).toEqual(["a moved-by-another-hand", "b undone", "c left-out"]);
    expect(viewOf(operation, sampleStarter).summary).toContain("moved: a; not moved: b, c");
    expect(rehearsal.named("a")).toEqual({ renamed: "db_password_v2" });
    expect(rehearsal.model.secrets.size).toBe(2);
  });

  it("keeps what others changed in the meantime", async () => {
    const { rehearsal, plan, fail } = scene({ order: "one-by-one" });
    fail("b");
    const id = await rehearsal.start(plan);
    await rehearsal.run(id, { until: (operation) => findStep(operation, "watch", "service-a")?.state === "done" });
    rehearsal.model.edit("service-a", (spec) => {
      spec.TaskTemplate.ContainerSpec.Env = ["ADDED=1"];
    });
    expect((await rehearsal.run(id)).outcome).toBe("undone");
    expect(rehearsal.model.service("service-a").spec.TaskTemplate.ContainerSpec.Env).toEqual(["ADDED=1"]);
    expect(rehearsal.named("a")).toEqual({ db_password: "db_password_v1" });
  });
});

describe("an undo that another hand comes into", () => {
  it("after a service was put back, ends half-way, and says that the service has the new version", async () => {
    const { rehearsal, plan, fail } = scene({ order: "one-by-one" });
    fail("a");
    const id = await rehearsal.start(plan);
    const { steps } = await rehearsal.run(id, {
      until: (operation) => findStep(operation, "undo", "service-a")?.state === "done",
    });
    const made = steps.find(({ name }) => name === "create")?.facts.object;
    rehearsal.model.edit("service-a", ({ TaskTemplate: { ContainerSpec } }) => {
      for (const each of ContainerSpec.Secrets ?? []) {
        Object.assign(each, { SecretID: made?.id, SecretName: made?.name });
      }
    });
    const operation = await rehearsal.run(id);
    expect(operation.outcome).toBe("stopped-mixed");
    expect(lanes(operation)).toEqual(["a moved-by-another-hand", "b left-out", "c left-out"]);
    expect(rehearsal.named("a")).toEqual({ db_password: "db_password_v2" });
  });

  it("and takes all changed services away, does not say that none was changed", async () => {
    const { rehearsal, plan, fail } = scene({ order: "one-by-one" });
    fail("a");
    const id = await rehearsal.start(plan);
    await rehearsal.run(id, { until: ({ direction }) => direction === "undoing" });
    rehearsal.model.removeService("service-a");
    const operation = await rehearsal.run(id);
    expect(viewOf(operation, sampleStarter).summary).toContain("Undone: The services that were changed are gone.");
  });

  it("before anybody saw its lost answer is not said to have had no effect, and puts the service back as the person wished", async () => {
    const { rehearsal, plan } = scene({ order: "one-by-one" });
    const id = await rehearsal.start(plan);
    await rehearsal.run(id, {
      until: (operation) => Boolean(findStep(operation, "watch", "service-a")?.facts.soakFrom),
    });
    rehearsal.model.advance(8);
    await requestUndo(samplePermit("operation.undo", { operationId: id, kind: "rotate" }), rehearsal.store);
    let isFirst = true;
    rehearsal.model.meddle = async ({ name }, apply) => {
      const answer = await apply();
      if (name !== "updateService" || !isFirst) return answer;
      isFirst = false;
      rehearsal.model.advance(10);
      rehearsal.model.rollBackByHand("service-a");
      rehearsal.model.advance(30);
      throw new AppError("swarm-timeout", "The Swarm did not answer.");
    };
    expect((await rehearsal.run(id)).outcome).toBe("undone");
    expect(rehearsal.named("a")).toEqual({ db_password: "db_password_v1" });
    const results = rehearsal.store.events.flatMap(({ detail }) =>
      detail.type === "call.ended" && detail.call.call === "service.update" ? detail.result : [],
    );
    expect(results).toEqual(["applied", "unknown", "applied"]);
  });
});
