import { describe, expect, it } from "vitest";
import { sampleReference } from "#lib/swarm/sample.ts";
import type { Operation } from "./ledger.ts";
import { Rehearsal } from "./model/rehearsal.ts";
import type { Spec } from "./model/tasks.ts";
import { sampleChange, samplePlan, sampleStarter, toCreated } from "./sample.ts";
import type { PlannedChange, PlannedEdit } from "./schema.ts";
import { viewOf } from "./view.ts";

function lanes(operation: Operation): string[] {
  return viewOf(operation, sampleStarter).lanes.map(({ serviceName, state }) => `${serviceName} ${state}`);
}

async function rotate(
  spec: Partial<Spec>,
  change: Partial<PlannedChange> = {},
  prepare = (_: Rehearsal) => undefined as unknown,
) {
  const rehearsal = new Rehearsal();
  prepare(rehearsal);
  const old = rehearsal.own();
  rehearsal.model.addService("a", { secrets: [old], ...spec });
  const operation = await rehearsal.run(await rehearsal.start(rehearsal.rotation([old.id], ["a"], {}, change)));
  return { rehearsal, operation, old };
}

describe("a service", () => {
  it("with a health check is verified; without one it runs, not verified", async () => {
    const ContainerSpec = { Image: "i", Healthcheck: { Test: ["CMD", "true"] } };
    const rehearsal = new Rehearsal();
    const old = rehearsal.own();
    rehearsal.model.addService("a", { secrets: [old] });
    rehearsal.model.edit("service-a", (spec) =>
      Object.assign(spec.TaskTemplate.ContainerSpec, { Healthcheck: ContainerSpec.Healthcheck }),
    );
    rehearsal.model.advance(60);
    const operation = await rehearsal.run(await rehearsal.start(rehearsal.rotation([old.id], ["a"])));
    expect(operation.verification).toBe("verified");
    expect((await rotate({})).operation.verification).toBe("running-not-verified");
  });

  it("that is asleep is moved at once, and unverified", async () => {
    const { rehearsal, operation } = await rotate(
      { Mode: { Replicated: { Replicas: 0 } } },
      { kind: "asleep", soakSeconds: 0 },
    );
    expect(operation).toMatchObject({ outcome: "done", verification: "unverified-asleep" });
    expect(rehearsal.named("a")).toEqual({ db_password: "db_password_v2" });
    expect(rehearsal.updates("a")).toBe(1);
  });

  it("that is global is watched on every node", async () => {
    const { rehearsal, operation } = await rotate({ Mode: { Global: {} } });
    expect(operation.outcome).toBe("done");
    const fresh = rehearsal.model.tasks.filter(({ state }) => state === "running").map(({ nodeId }) => nodeId);
    expect(fresh.toSorted()).toEqual(["node-1", "node-2"]);
  });

  it("that starts new tasks first, or several at a time, is watched by its tasks alone", async () => {
    const UpdateConfig = { Parallelism: 0, Order: "start-first" } as const;
    expect((await rotate({ UpdateConfig })).operation.outcome).toBe("done");
  });

  it("that is a job and was ticked runs once more, and has to end well", async () => {
    const Mode = { ReplicatedJob: { TotalCompletions: 1 } };
    const ends = ({ model }: Rehearsal) => model.rollout.fates.push({ fate: { completesAfterSeconds: 5 } });
    const { rehearsal, operation } = await rotate({ Mode }, { kind: "runs-to-end" }, ends);
    expect(operation).toMatchObject({ outcome: "done", verification: "verified" });
    expect(rehearsal.updates("a")).toBe(1);
  });

  it("that is a job and fails is put back", async () => {
    const Mode = { ReplicatedJob: { TotalCompletions: 1 } };
    const rehearsal = new Rehearsal();
    const old = rehearsal.own();
    rehearsal.model.rollout.fates.push({ fate: { failsAfterSeconds: 1, error: "no" } });
    rehearsal.model.rollout.fates.push({
      secretId: old.id,
      fate: { failsAfterSeconds: null, completesAfterSeconds: 1 },
    });
    rehearsal.model.addService("a", { secrets: [old], Mode });
    const plan = rehearsal.rotation([old.id], ["a"], {}, { kind: "runs-to-end" });
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(operation.outcome).toBe("undone");
    expect(rehearsal.named("a")).toEqual({ db_password: "db_password_v1" });
  });

  it("that runs to its end without being a job is done when its tasks have ended well", async () => {
    const rehearsal = new Rehearsal();
    const old = rehearsal.own();
    rehearsal.model.rollout.fates.push({ fate: { completesAfterSeconds: 2 } });
    const File = { Name: "db_password", UID: "0", GID: "0", Mode: 0o444 };
    const ContainerSpec = { Image: "i", Secrets: [{ File, SecretID: old.id, SecretName: old.name }] };
    const TaskTemplate = { ContainerSpec, RestartPolicy: { Condition: "none" as const }, ForceUpdate: 0 };
    rehearsal.model.addService("a", { TaskTemplate });
    rehearsal.model.advance(10);
    const plan = rehearsal.rotation([old.id], ["a"], {}, { kind: "runs-to-end" });
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(rehearsal.model.service("service-a").update?.state).toBe("paused");
    expect(operation).toMatchObject({ outcome: "done", verification: "verified" });
  });

  it("that is left out by the plan gets no update, and is named at the end", async () => {
    const rehearsal = new Rehearsal();
    const old = rehearsal.own();
    for (const name of ["a", "b"]) rehearsal.model.addService(name, { secrets: [old] });
    const plan = rehearsal.rotation([old.id], ["a", "b"]);
    const changes = plan.changes.map((change) => ({
      ...change,
      leftOut: change.serviceName === "b" ? ("by-choice" as const) : null,
    }));
    const operation = await rehearsal.run(await rehearsal.start({ ...plan, changes }));
    expect(operation.outcome).toBe("done-left-out");
    expect(lanes(operation)).toEqual(["a done", "b left-out"]);
    expect(rehearsal.updates("b")).toBe(0);
    expect(rehearsal.store.events.at(-1)?.detail).toMatchObject({ leftOut: [{ id: "service-b", name: "b" }] });
  });

  function slowly(startSeconds: number, Mode: Spec["Mode"]) {
    const rehearsal = new Rehearsal();
    const old = rehearsal.own();
    rehearsal.model.addService("a", { secrets: [old], Mode });
    rehearsal.model.rollout.fates.push({ fate: { startSeconds } }, { secretId: old.id, fate: { startSeconds: 2 } });
    return { rehearsal, plan: rehearsal.rotation([old.id], ["a"]) };
  }

  it("whose tasks find no node is waited for until ten minutes are over, then put back", async () => {
    const { rehearsal, plan } = slowly(100_000, { Replicated: { Replicas: 2 } });
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(operation.outcome).toBe("undone");
    expect(operation.attention?.because).toContain("ten minutes");
    expect(rehearsal.named("a")).toEqual({ db_password: "db_password_v1" });
  });

  it("that makes slow progress is waited for, however long it takes in all", async () => {
    const { rehearsal, plan } = slowly(400, { Replicated: { Replicas: 4 } });
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(operation.outcome).toBe("done");
    expect(rehearsal.model.now - Date.parse(operation.createdAt)).toBeGreaterThan(1_600_000);
  });

  it("with old tasks on a node that is down converges: they hold the gate, not the rotation", async () => {
    const rehearsal = new Rehearsal();
    const old = rehearsal.own();
    rehearsal.model.addService("a", { secrets: [old] });
    const node = rehearsal.model.nodes[1];
    if (node) node.state = "down";
    const operation = await rehearsal.run(await rehearsal.start(rehearsal.rotation([old.id], ["a"])));
    expect(operation.outcome).toBe("done");
    expect(
      rehearsal.model.tasksOf("service-a").some((task) => task.nodeId === "node-2" && task.state === "running"),
    ).toBe(true);
  });
});

describe("references", () => {
  it("of one secret mounted twice move in one update, each at its target with its mode", async () => {
    const rehearsal = new Rehearsal();
    const old = rehearsal.own();
    rehearsal.model.addService("a", {
      secrets: [
        { ...old, target: "one" },
        { ...old, target: "/two" },
      ],
    });
    const operation = await rehearsal.run(await rehearsal.start(rehearsal.rotation([old.id], ["a"])));
    expect(operation.outcome).toBe("done");
    expect(rehearsal.named("a")).toEqual({ one: "db_password_v2", "/two": "db_password_v2" });
    expect(rehearsal.updates("a")).toBe(1);
  });

  it("of two old versions move together, and each goes back to its own when undone", async () => {
    for (const fails of [false, true]) {
      const rehearsal = new Rehearsal();
      const older = rehearsal.own("db_password", 1, { state: "previous" });
      const old = rehearsal.own("db_password", 2, { versionId: "version-1b" });
      rehearsal.model.addService("a", { secrets: [older] });
      rehearsal.model.addService("b", { secrets: [old] });
      if (fails) {
        rehearsal.model.rollout.fates.push({ serviceId: "service-b", fate: { failsAfterSeconds: 1, error: "no" } });
        rehearsal.model.rollout.fates.push({ secretId: old.id, fate: { failsAfterSeconds: null } });
      }
      const plan = rehearsal.rotation([older.id, old.id], ["a", "b"]);
      const create = plan.create.map((version) => ({ ...version, number: 3, objectName: "db_password_v3" }));
      const operation = await rehearsal.run(await rehearsal.start({ ...plan, create }));
      expect(operation.outcome).toBe(fails ? "undone" : "done");
      expect(rehearsal.named("a")).toEqual({ db_password: fails ? "db_password_v1" : "db_password_v3" });
      expect(rehearsal.named("b")).toEqual({ db_password: fails ? "db_password_v2" : "db_password_v3" });
    }
  });

  it("of two secrets move in one update of each service", async () => {
    const rehearsal = new Rehearsal();
    const [one, two] = [
      rehearsal.own(),
      rehearsal.own("api_key", 1, { secretId: "secret-api", versionId: "version-api" }),
    ];
    rehearsal.model.addService("a", { secrets: [one, { ...two, target: "api_key" }] });
    const plan = rehearsal.rotation([one.id], ["a"]);
    const [version] = plan.create;
    if (!version) throw new Error("no version");
    const second = {
      ...version,
      secretId: "secret-api",
      secretName: "api_key",
      versionId: "version-api-2",
      objectName: "api_key_v2",
    };
    const both = {
      ...plan,
      secrets: [...plan.secrets, { secretId: "secret-api", secretName: "api_key", fromVersion: 1, toVersion: 2 }],
      create: [version, second],
      changes: [sampleChange("service-a", [toCreated([one.id]), toCreated([two.id], "version-api-2")])],
    };
    expect((await rehearsal.run(await rehearsal.start(both))).outcome).toBe("done");
    expect(rehearsal.named("a")).toEqual({ db_password: "db_password_v2", api_key: "api_key_v2" });
    expect(rehearsal.updates("a")).toBe(1);
  });

  const edits: [string, (id: string) => PlannedEdit[], Record<string, string>][] = [
    ["granted", (objectId) => [add(objectId, "second")], { db_password: "db_password_v1", second: "db_password_v1" }],
    ["revoked", (objectId) => [{ edit: "remove", objectId, target: "db_password" }], {}],
    [
      "put back with another mode",
      (objectId) => [{ ...add(objectId, "db_password"), edit: "set-file", objectId, mode: 0o400 }],
      { db_password: "db_password_v1" },
    ],
  ];

  it.each(edits)("are %s by tasks that are new, and recorded", async (_what, make, expected) => {
    const rehearsal = new Rehearsal();
    const old = rehearsal.own();
    rehearsal.model.addService("a", { secrets: [old] });
    const before = rehearsal.model.tasksOf("service-a").map(({ id }) => id);
    const plan = samplePlan({ kind: "grant", changes: [sampleChange("service-a", make(old.id))] });
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(operation.outcome).toBe("done");
    expect(rehearsal.named("a")).toEqual(expected);
    const running = rehearsal.model.tasksOf("service-a").filter(({ state }) => state === "running");
    expect(running.some(({ id }) => before.includes(id))).toBe(false);
    const recorded = rehearsal.store.books.grants.map(({ target, objectId }) => [target, objectId]);
    const granted = Object.keys(expected).filter(
      (target) => target !== "db_password" || make(old.id)[0]?.edit === "set-file",
    );
    expect(recorded).toEqual(granted.map((target) => [target, old.id]));
  });

  it("to a target that another hand took meanwhile fail in words, and nothing is sent", async () => {
    const rehearsal = new Rehearsal();
    const old = rehearsal.own();
    const other = rehearsal.model.addSecret("foreign");
    rehearsal.model.addService("a", { secrets: [{ ...other, target: "second" }] });
    const plan = samplePlan({ kind: "grant", changes: [sampleChange("service-a", [add(old.id, "second")])] });
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(operation.outcome).toBe("failed-nothing-changed");
    expect(operation.attention?.because).toContain("foreign");
    expect(rehearsal.model.calls).toEqual([]);
  });
});

function add(objectId: string, target: string) {
  const { uid, gid, mode } = sampleReference();
  const to = { object: "existing", objectId, objectName: "db_password_v1" } as const;
  return { edit: "add", to, target, uid, gid, mode } as const;
}
