import { describe, expect, it } from "vitest";
import { AppError } from "#lib/errors.ts";
import { findStep, type Operation } from "./ledger.ts";
import { Rehearsal } from "./model/rehearsal.ts";
import { decideAttention } from "./requests/decide.ts";
import { requestStop } from "./requests/stop.ts";
import { retirementPlan } from "./retirement.ts";
import { samplePermit, sampleRetirement, sampleStarter } from "./sample.ts";
import type { Plan } from "./schema.ts";
import type { OperationEvent } from "./store-port.ts";
import { viewOf } from "./view.ts";

const administrator = { ...sampleStarter, role: "administrator" } as Operation["actor"];

/** Two versions; the first one is still held by a task that is about to end, or does not. */
function scene() {
  const rehearsal = new Rehearsal();
  rehearsal.store.roles.set("person-1", "administrator");
  const old = rehearsal.own("db_password", 1, { state: "previous" });
  const now = rehearsal.own("db_password", 2);
  rehearsal.model.addService("a", { secrets: [now] });
  const [task] = rehearsal.model.tasks;
  if (!task) throw new Error("no task");
  const held = {
    ...task,
    id: "old-task",
    serviceId: "gone",
    secretIds: [old.id],
    desired: "shutdown",
    dueAt: null,
  } as const;
  rehearsal.model.tasks.push({ ...held, secretIds: [old.id] });
  return { rehearsal, old, now };
}

async function retirement({ rehearsal, old }: ReturnType<typeof scene>, actor: Operation["actor"] = administrator) {
  const versions = await rehearsal.store.findVersions("cluster-1", [old.id]);
  const id = await rehearsal.start(retirementPlan("cluster-1", versions), { actor });
  await rehearsal.run(id, { until: isHeld("version-1") });
  return id;
}

function isHeld(versionId: string) {
  return (operation: Operation) => Boolean(findStep(operation, "remove", versionId)?.facts.heldBy?.length);
}

const stop = ({ store }: Rehearsal, operationId: string) =>
  requestStop(samplePermit("operation.stop", { operationId }), store);

function states({ store }: Rehearsal): string[] {
  return [...store.books.versions.values()].map(({ state }) => state);
}

/** An emergency for a secret that no service names: nothing is moved, and two old versions are to go. */
function emergency({ rehearsal, old, now }: ReturnType<typeof scene>): Plan {
  rehearsal.model.services.clear();
  rehearsal.model.tasks.splice(0, 2);
  const plan = rehearsal.rotation([old.id, now.id], []);
  const made = { versionId: "version-3", number: 3, objectName: "db_password_v3" };
  const second = { versionId: "version-2", objectName: "db_password_v2", keepSeconds: 0 };
  return {
    ...plan,
    kind: "rotate-emergency",
    create: plan.create.map((version) => ({ ...version, ...made })),
    retire: [sampleRetirement(old.id, { keepSeconds: 0 }), sampleRetirement(now.id, second)],
    secrets: [{ secretId: "secret-db", secretName: "db_password", fromVersion: 2, toVersion: 3 }],
  };
}

describe("a removal that is stopped before its end", () => {
  it("by a person leaves every version what it was, and is not asked for again by itself", async () => {
    const given = scene();
    const id = await retirement(given);
    await stop(given.rehearsal, id);
    const operation = await given.rehearsal.run(id);
    expect(operation).toMatchObject({ state: "ended", outcome: "failed-nothing-changed" });
    expect(states(given.rehearsal)).toEqual(["previous", "current"]);
    given.rehearsal.model.advance(90_000);
    expect(await given.rehearsal.store.findRetiring("cluster-1")).toEqual([]);
  });

  it("because automatic work was paused leaves every version what it was, and is asked for again later", async () => {
    const given = scene();
    const id = await retirement(given, { type: "schedule", setBy: "ops.one" });
    given.rehearsal.store.isPaused = true;
    const versions = await given.rehearsal.store.findVersions("cluster-1", [given.old.id]);
    expect((await given.rehearsal.run(id)).state).toBe("ended");
    expect(states(given.rehearsal)).toEqual(["previous", "current"]);
    expect(await given.rehearsal.store.findRetiring("cluster-1")).toMatchObject([
      { versionId: versions[0]?.versionId },
    ]);
  });

  it("because its starter lost the right leaves every version what it was", async () => {
    const given = scene();
    const versions = await given.rehearsal.store.findVersions("cluster-1", [given.old.id]);
    const id = await given.rehearsal.start(retirementPlan("cluster-1", versions), { actor: administrator });
    await given.rehearsal.run(id, { until: (operation) => findStep(operation, "record")?.state === "done" });
    given.rehearsal.store.roles.set("person-1", "viewer");
    expect((await given.rehearsal.run(id)).state).toBe("ended");
    expect(states(given.rehearsal)).toEqual(["previous", "current"]);
  });

  it("because the Swarm refuses it, and a person leaves it as it is, keeps both versions", async () => {
    const given = scene();
    const { rehearsal } = given;
    rehearsal.model.tasks.pop();
    rehearsal.model.meddle = async ({ name }, apply) => {
      if (name === "removeSecret") throw new AppError("swarm-refused", "The Swarm refused the change.");
      return apply();
    };
    const versions = await rehearsal.store.findVersions("cluster-1", [given.old.id]);
    const id = await rehearsal.start(retirementPlan("cluster-1", versions), { actor: administrator });
    expect((await rehearsal.run(id)).attention).toMatchObject({ choices: ["try-again", "accept"] });
    await decideAttention(
      samplePermit("operation.decide", { operationId: id, kind: "retire" }, administrator),
      "accept",
      rehearsal.store,
    );
    const operation = await rehearsal.run(id);
    expect(operation.outcome).toBe("accepted");
    expect(states(rehearsal)).toEqual(["previous", "current"]);
    expect(viewOf(operation, sampleStarter).next).toContain("Skep keeps db_password_v1");
    rehearsal.model.advance(90_000);
    expect(await rehearsal.store.findRetiring("cluster-1")).toEqual([]);
  });

  it("after another object was removed never gives up the only value that is left, and says what was removed", async () => {
    const given = scene();
    const { rehearsal } = given;
    const id = await rehearsal.start(emergency(given), { actor: administrator });
    const until = (operation: Operation) =>
      isHeld("version-1")(operation) && findStep(operation, "remove", "version-2")?.state === "done";
    await rehearsal.run(id, { until });
    await stop(rehearsal, id);
    const operation = await rehearsal.run(id);
    expect(operation.outcome).toBe("stopped-mixed");
    expect(states(rehearsal)).toEqual(["previous", "removed", "current"]);
    const { summary } = viewOf(operation, sampleStarter);
    expect(summary).toContain("removed: db_password_v2; not removed: db_password_v1");
  });

  it("by an undo of the moment in which an object was removed keeps the version that is left", async () => {
    const given = scene();
    const { rehearsal } = given;
    const id = await rehearsal.start(emergency(given), { actor: administrator });
    await rehearsal.run(id, { until: (operation) => findStep(operation, "remove", "version-2")?.state === "done" });
    const event: OperationEvent = {
      actor: { type: "system" },
      detail: { type: "operation.undo-requested", secrets: [] },
    };
    await rehearsal.store.wish(id, { direction: "undoing", event }, { state: ["open"] });
    expect((await rehearsal.run(id)).outcome).toBe("stopped-mixed");
    expect(states(rehearsal)).toEqual(["previous", "removed", "current"]);
  });

  it("with every service on the new version is not called done", async () => {
    const rehearsal = new Rehearsal();
    rehearsal.store.roles.set("person-1", "administrator");
    const old = rehearsal.own();
    rehearsal.model.addService("a", { secrets: [old] });
    const retire = [sampleRetirement(old.id, { keepSeconds: 0 })];
    const plan = rehearsal.rotation([old.id], ["a"], { kind: "rotate-emergency", retire });
    const id = await rehearsal.start(plan, { actor: administrator });
    await rehearsal.run(id, { until: (operation) => findStep(operation, "watch", "service-a")?.state === "done" });
    await stop(rehearsal, id);
    const operation = await rehearsal.run(id);
    expect(operation.outcome).toBe("stopped-mixed");
    expect(viewOf(operation, sampleStarter).next).toContain("Skep keeps db_password_v1");
    expect(states(rehearsal)).toEqual(["previous", "current"]);
    rehearsal.model.advance(90_000);
    expect(await rehearsal.store.findRetiring("cluster-1")).toEqual([]);
  });
});
