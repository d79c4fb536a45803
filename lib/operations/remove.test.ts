import { describe, expect, it } from "vitest";
import { AppError } from "#lib/errors.ts";
import { emptySnapshot } from "#lib/swarm/live-state.ts";
import type { SwarmSnapshot } from "#lib/swarm/schema.ts";
import { findStep, type Operation } from "./ledger.ts";
import { Rehearsal } from "./model/rehearsal.ts";
import type { Spec } from "./model/tasks.ts";
import { dueVersions, retirementPlan } from "./retirement.ts";
import { samplePlan, sampleRetirement, sampleStarter } from "./sample.ts";
import type { PlannedRetirement } from "./schema.ts";
import { viewOf } from "./view.ts";

const schedule = { type: "schedule", setBy: "ops.one" } as const;

/** A rotation that has ended; the old version is kept for as long as said. */
async function rotated(spec: Partial<Spec> = {}, keepSeconds = 60) {
  const rehearsal = new Rehearsal();
  const old = rehearsal.own();
  rehearsal.model.addService("a", { secrets: [old], ...spec });
  const retire = [sampleRetirement(old.id, { keepSeconds })];
  const operation = await rehearsal.run(await rehearsal.start(rehearsal.rotation([old.id], ["a"], { retire })));
  expect(operation.outcome).toBe("done");
  rehearsal.model.advance(30);
  return { rehearsal, old };
}

function withoutRestart({ TaskTemplate, ...spec }: Spec): Spec {
  return { ...spec, TaskTemplate: { ...TaskTemplate, RestartPolicy: { Condition: "none" } } };
}

async function retire(
  rehearsal: Rehearsal,
  objectId: string,
  over: Partial<PlannedRetirement> = {},
): Promise<Operation> {
  const retirement = sampleRetirement(objectId, { keepSeconds: 0, ...over });
  const plan = samplePlan({ kind: "retire", retire: [retirement] });
  return rehearsal.run(await rehearsal.start(plan, { actor: schedule }));
}

async function snapshotOf({ model }: Rehearsal): Promise<SwarmSnapshot> {
  const swarm = model.gateway();
  const [services, tasks, nodes] = await Promise.all([swarm.listServices(), swarm.listTasks(), swarm.listNodes()]);
  return {
    ...emptySnapshot,
    services: new Map(services.map((service) => [service.id, service])),
    tasksByService: new Map(Map.groupBy(tasks, ({ serviceId }) => serviceId)),
    nodes: new Map(nodes.map((each) => [each.id, each])),
  };
}

async function due(rehearsal: Rehearsal) {
  const volumes = () => rehearsal.model.gateway().listVolumes();
  return dueVersions(rehearsal.ports, "cluster-1", { snapshot: await snapshotOf(rehearsal), volumes });
}

describe("a retirement", () => {
  it("releases a quiet service, restarts nothing, and removes the object", async () => {
    const { rehearsal, old } = await rotated();
    const tasks = rehearsal.model.tasksOf("service-a").map(({ id }) => id);
    const operation = await retire(rehearsal, old.id);
    expect(operation.outcome).toBe("done");
    expect(rehearsal.model.secrets.has(old.id)).toBe(false);
    expect(rehearsal.model.tasksOf("service-a").map(({ id }) => id)).toEqual(tasks);
    expect(rehearsal.model.calls.slice(-2).map(({ name }) => name)).toEqual(["updateService", "removeSecret"]);
    expect(rehearsal.store.books.versions.get("version-1")?.state).toBe("removed");
  });

  it("needs no release where the previous spec names something else already", async () => {
    const { rehearsal, old } = await rotated();
    rehearsal.model.edit("service-a", () => undefined);
    const before = rehearsal.updates("a");
    await retire(rehearsal, old.id);
    expect(rehearsal.updates("a")).toBe(before);
    expect(rehearsal.model.secrets.has(old.id)).toBe(false);
  });

  it.each<[string, (rehearsal: Rehearsal) => void]>([
    [
      "deployed badly",
      ({ model }) => {
        const update = { state: "paused", startedAt: model.now, completedAt: null, message: "" };
        Object.assign(model.service("service-a"), { update });
      },
    ],
    [
      "made one that runs to its end",
      ({ model }) => {
        const service = model.service("service-a");
        service.spec = withoutRestart(service.spec);
        for (const task of model.tasksOf("service-a")) {
          if (task.state === "running") Object.assign(task, { state: "complete", desired: "complete", dueAt: 0 });
        }
      },
    ],
  ])("releases no service that was %s after the gate had been asked", async (_how, change) => {
    const { rehearsal, old } = await rotated();
    const { store } = rehearsal;
    const save = store.save.bind(store);
    store.save = async (lease, given) => {
      const saved = await save(lease, given);
      if (given.steps?.some(({ name, state }) => name === "release" && state === "waiting")) change(rehearsal);
      return saved;
    };
    const before = rehearsal.updates("a");
    expect((await retire(rehearsal, old.id)).outcome).toBe("done-left-out");
    expect(rehearsal.updates("a")).toBe(before);
    expect(rehearsal.model.secrets.has(old.id)).toBe(true);
  });

  it("waits for old tasks that are about to end", async () => {
    const { rehearsal, old } = await rotated();
    const task = rehearsal.model.tasksOf("service-a")[0];
    if (task) Object.assign(task, { state: "running", desired: "shutdown", dueAt: rehearsal.model.now + 20_000 });
    expect((await retire(rehearsal, old.id)).outcome).toBe("done");
  });

  it("ends as still held by a task on a node that is down, and names the node", async () => {
    const { rehearsal, old } = await rotated();
    const task = rehearsal.model.tasksOf("service-a")[0];
    if (task) Object.assign(task, { state: "running", desired: "shutdown", dueAt: null, nodeId: "node-2" });
    Object.assign(rehearsal.model.nodes[1] ?? {}, { state: "down" });
    const operation = await retire(rehearsal, old.id);
    expect(operation.outcome).toBe("done-left-out");
    expect(viewOf(operation, sampleStarter).next).toContain("1 old task on node-2, which is down");
    expect(rehearsal.model.secrets.has(old.id)).toBe(true);
    expect(rehearsal.store.books.versions.get("version-1")).toMatchObject({
      state: "previous",
      retireAfter: expect.any(Number),
    });
  });

  it("that was refused, and is held afterwards, ends only when the call can no longer arrive, with an end written down", async () => {
    const { rehearsal, old } = await rotated();
    rehearsal.model.meddle = async ({ name }, apply) => {
      if (name !== "removeSecret") return apply();
      rehearsal.model.addService("late", { secrets: [old] });
      throw new AppError("swarm-refused", "The Swarm refused the change.");
    };
    const startedAt = rehearsal.model.now;
    expect((await retire(rehearsal, old.id)).outcome).toBe("done-left-out");
    expect(rehearsal.model.now - startedAt).toBeGreaterThan(60_000);
    const types = rehearsal.eventTypes();
    const count = (type: string) => types.filter((each) => each === type).length;
    expect(count("call.ended")).toBe(count("call.intended"));
  });

  it("that was not answered is sent again as the same call, so that nothing is said of a late one before it is known", async () => {
    const { rehearsal, old } = await rotated();
    const { model, store } = rehearsal;
    let late: (() => void) | null = null;
    model.meddle = async ({ name }, apply) => {
      if (name !== "removeSecret") return apply();
      if (late === null) {
        late = () => void model.secrets.delete(old.id);
        throw new AppError("swarm-unreachable", "The Swarm cannot be reached.");
      }
      // What the first worker had sent arrives just before the second one's call.
      late();
      return apply();
    };
    const before = store.events.length;
    expect((await retire(rehearsal, old.id)).outcome).toBe("done");
    const calls = store.events.slice(before).flatMap(({ detail }) => {
      if (!("call" in detail) || detail.call.call !== "secret.remove") return [];
      return [detail.type === "call.ended" ? `${detail.attempt} ${detail.result}` : `${detail.attempt} ${detail.type}`];
    });
    expect(calls).toEqual(["1 call.intended", "1 applied"]);
  });

  it("never removes what a service took up again in the last moment", async () => {
    const { rehearsal, old } = await rotated();
    rehearsal.model.meddle = async ({ name }, apply) => {
      if (name === "removeSecret") rehearsal.model.addService("late", { secrets: [old] });
      return apply();
    };
    const operation = await retire(rehearsal, old.id);
    expect(operation.outcome).toBe("done-left-out");
    expect(rehearsal.model.secrets.has(old.id)).toBe(true);
  });

  it("never removes what Postgres does not know as ours", async () => {
    const { rehearsal } = await rotated();
    const foreign = rehearsal.model.addSecret("foreign");
    await retire(rehearsal, foreign.id, { versionId: "version-x" });
    expect(rehearsal.model.secrets.has(foreign.id)).toBe(true);
  });

  it("of an object that is gone already only writes that down", async () => {
    const { rehearsal, old } = await rotated();
    rehearsal.model.secrets.delete(old.id);
    const calls = rehearsal.model.calls.length;
    expect((await retire(rehearsal, old.id)).outcome).toBe("done");
    expect(rehearsal.model.calls).toHaveLength(calls);
    expect(rehearsal.store.books.versions.get("version-1")?.state).toBe("removed");
  });

  it("of the last version removes the secret's record too", async () => {
    const { rehearsal } = await rotated();
    const versions = [...rehearsal.store.books.versions.values()];
    rehearsal.model.services.clear();
    rehearsal.model.tasks.length = 0;
    const both = versions.map(({ id, objectId, objectName }) =>
      sampleRetirement(objectId ?? "", { versionId: id, objectName, keepSeconds: 0 }),
    );
    await rehearsal.run(await rehearsal.start(samplePlan({ kind: "retire", retire: both }), { actor: schedule }));
    expect(rehearsal.model.secrets.size).toBe(0);
    expect(rehearsal.store.books.secrets.get("secret-db")?.removedAt).not.toBeNull();
  });

  it("is not begun while another operation updates the service that it would release", async () => {
    const { rehearsal, old } = await rotated();
    const other = rehearsal.own("api_key", 1, { secretId: "secret-api", versionId: "version-api" });
    const plan = { ...rehearsal.rotation([other.id], []), create: [] };
    const secrets = [{ secretId: "secret-api", secretName: "api_key", fromVersion: 1, toVersion: 2 }];
    const id = await rehearsal.start({ ...plan, secrets });
    const { lease } = await rehearsal.takeUp(id);
    await rehearsal.store.lockServices(lease, "cluster-1", ["service-a"]);
    const before = rehearsal.updates("a");
    expect((await retire(rehearsal, old.id)).outcome).toBe("done-left-out");
    expect(rehearsal.updates("a")).toBe(before);
  });
});

describe("a stack that was deployed with the old version", () => {
  const Labels = { "com.docker.stack.namespace": "shop" };

  it("keeps it until a deploy with the newer name was seen", async () => {
    const { rehearsal, old } = await rotated({ Labels });
    const held = await retire(rehearsal, old.id);
    expect(viewOf(held, sampleStarter).next).toContain("stack shop still names v1");
    rehearsal.model.advance(10);
    rehearsal.model.edit("service-a", () => undefined);
    expect((await retire(rehearsal, old.id)).outcome).toBe("done");
  });

  it("lets it go when a person confirms the line, and the schedule remembers that", async () => {
    const { rehearsal, old } = await rotated({ Labels });
    rehearsal.model.advance(60);
    expect(await due(rehearsal)).toMatchObject([
      { mayGo: false, heldBy: [{ reason: "stack" }, { reason: "previous-spec" }] },
    ]);
    expect((await retire(rehearsal, old.id, { isStackConfirmed: true })).outcome).toBe("done");
  });
});

describe("versions whose time is over", () => {
  it("are due after their keep time, when the gate would let them go or release is all that is missing", async () => {
    const { rehearsal } = await rotated({}, 600);
    expect(await due(rehearsal)).toEqual([]);
    rehearsal.model.advance(600);
    const [first] = await due(rehearsal);
    expect(first).toMatchObject({
      mayGo: true,
      version: { versionId: "version-1" },
      heldBy: [{ reason: "previous-spec" }],
    });
    const plan = retirementPlan("cluster-1", first ? [first.version] : []);
    expect(plan).toMatchObject({ kind: "retire", secrets: [{ fromVersion: 1 }], retire: [{ keepSeconds: 0 }] });
    const operation = await rehearsal.run(await rehearsal.start(plan, { actor: schedule }));
    expect(operation.outcome).toBe("done");
    expect(findStep(operation, "release", "service-a")?.state).toBe("done");
    expect(await due(rehearsal)).toEqual([]);
  });

  it("that a service names stay", async () => {
    const { rehearsal, old } = await rotated();
    rehearsal.model.addService("b", { secrets: [old] });
    rehearsal.model.advance(120);
    expect(await due(rehearsal)).toMatchObject([{ mayGo: false }]);
  });

  it("that were abandoned are due at once", async () => {
    const rehearsal = new Rehearsal();
    const old = rehearsal.own();
    rehearsal.model.addService("a", { secrets: [old] });
    rehearsal.model.rollout.fates.push({ fate: { failsAfterSeconds: 1, error: "no" } });
    rehearsal.model.rollout.fates.push({ secretId: old.id, fate: { failsAfterSeconds: null } });
    await rehearsal.run(await rehearsal.start(rehearsal.rotation([old.id], ["a"])));
    rehearsal.model.advance(30);
    const [first] = await due(rehearsal);
    expect(first).toMatchObject({ mayGo: true, version: { state: "abandoned" } });
    const plan = retirementPlan("cluster-1", first ? [first.version] : []);
    await rehearsal.run(await rehearsal.start(plan, { actor: schedule }));
    expect([...rehearsal.model.secrets.keys()]).toEqual([old.id]);
  });
});
