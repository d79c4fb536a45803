import { describe, expect, it } from "vitest";
import { sampleTask } from "#lib/swarm/sample.ts";
import { byHandWays } from "./by-hand-ways.ts";
import type { Operation } from "./ledger.ts";
import { Rehearsal } from "./model/rehearsal.ts";
import { seenBy } from "./model/seen-by.ts";
import type { PlannedRotator } from "./planned-value.ts";
import { sampleChange, sampleRetirement, sampleRotator, sampleSettings, sampleVersion, toCreated } from "./sample.ts";
import type { Plan, PlannedChange } from "./schema.ts";

async function scene(over: (plan: Plan) => Partial<Plan> = () => ({})) {
  const rehearsal = new Rehearsal();
  const old = rehearsal.own();
  for (const name of ["a", "b", "c"]) rehearsal.model.addService(name, { secrets: [old] });
  const plan = rehearsal.rotation([old.id], ["a", "b", "c"], { order: "one-by-one" });
  const id = await rehearsal.start({ ...plan, ...over(plan) });
  const gateway = rehearsal.model.gateway();
  const byHand = async (operation: Operation) => {
    const [finish, undo] = byHandWays(operation, await seenBy(gateway));
    return { finish, undo };
  };
  const titles = (way: { steps: { title: string }[] } | undefined) => way?.steps.map(({ title }) => title);
  return { rehearsal, id, old, byHand, titles };
}

/** Every new task of this service fails, and the old value is said not to work: it stays paused on the new version. */
async function pausedScene() {
  const own = await scene(() => ({ oldValueStaysValid: false }));
  const fate = { failsAfterSeconds: 1, error: "task: non-zero exit (1)" };
  own.rehearsal.model.rollout.fates.push({ serviceId: "service-b", fate });
  own.rehearsal.model.rollout.fates.push({ secretId: own.old.id, fate: { failsAfterSeconds: null } });
  const operation = await own.rehearsal.run(own.id);
  own.rehearsal.model.advance(60);
  return { ...own, operation };
}

/** As another hand gives a service another version. */
function give({ model }: Rehearsal, service: string, object: { id: string; name: string }): void {
  model.edit(service, ({ TaskTemplate: { ContainerSpec } }) => {
    ContainerSpec.Secrets = (ContainerSpec.Secrets ?? []).map((each) => {
      return { ...each, SecretID: object.id, SecretName: object.name };
    });
  });
}

const moved = (count: number) => (operation: Operation) =>
  operation.steps.filter(({ name, state }) => name === "watch" && state === "done").length >= count;

describe("by hand", () => {
  it("an operation that has not begun is made, moved in the plan's order, and the old version goes later", async () => {
    const { rehearsal, id, byHand, titles } = await scene();
    const { finish, undo } = await byHand(await rehearsal.find(id));
    expect(titles(finish)).toEqual([
      "Make db_password_v2",
      "Move a",
      "Move b",
      "Move c",
      "Look for tasks that still use db_password_v1",
      "Later: let a forget its previous spec",
      "Later: let b forget its previous spec",
      "Later: let c forget its previous spec",
      "Later: remove db_password_v1",
    ]);
    expect(finish?.steps[1]?.commands[0]).toContain("--secret-rm db_password_v1");
    expect(finish?.steps[1]?.commands[0]).toContain("source=db_password_v2,target=db_password,uid=0,gid=0,mode=0444");
    expect(undo?.steps).toEqual([]);
  });

  it("one that is half-way is finished from there, or undone from there, the newest first", async () => {
    const { rehearsal, id, byHand, titles } = await scene();
    const { finish, undo } = await byHand(await rehearsal.run(id, { until: moved(1) }));
    expect(titles(finish)?.slice(0, 4)).toEqual([
      "db_password_v2 is made already",
      "a is moved already",
      "b is moved already",
      "Move c",
    ]);
    expect(titles(undo)).toEqual([
      "Put b back",
      "Put a back",
      "Look for tasks that still use db_password_v2",
      "Let a forget its previous spec",
      "Let b forget its previous spec",
      "Remove db_password_v2",
    ]);
    expect(undo?.steps[0]?.commands[0]).toContain("--secret-rm db_password_v2");
    expect(undo?.steps[0]?.commands[0]).toContain("source=db_password_v1,target=db_password");
  });

  it("what somebody did by hand meanwhile needs no command any more", async () => {
    const { rehearsal, id, old, byHand, titles } = await scene();
    const operation = await rehearsal.run(id, { until: moved(1) });
    give(rehearsal, "service-a", old);
    expect(titles((await byHand(operation)).undo)).toEqual([
      "Put b back",
      "a is as it was before",
      "Look for tasks that still use db_password_v2",
      "Let a forget its previous spec",
      "Let b forget its previous spec",
      "Remove db_password_v2",
    ]);
  });

  it("where the old value was said to work no more, the way back is there under that condition, as Skep has it", async () => {
    const { rehearsal, id, byHand, titles } = await scene(() => ({ oldValueStaysValid: false }));
    const { undo } = await byHand(await rehearsal.run(id, { until: moved(1) }));
    expect(undo?.sentence).toMatch(/^Only if the old value works again: it was said not to\./);
    expect(titles(undo)?.slice(0, 2)).toEqual(["Put b back", "Put a back"]);
  });

  it("a service that the plan left out stays left out, one that is gone is named, and the canary goes first", async () => {
    const { rehearsal, id, byHand, titles } = await scene(({ changes }) => ({
      order: "canary",
      canaryServiceId: "service-c",
      changes: changes.map((each) => (each.serviceId === "service-a" ? { ...each, leftOut: "by-choice" } : each)),
    }));
    rehearsal.model.services.delete("service-b");
    const { finish } = await byHand(await rehearsal.find(id));
    expect(titles(finish)?.slice(1, 4)).toEqual(["Move c", "a is left out: by plan, it stays as it is", "b is gone"]);
  });

  it("what cannot be put back any more is said by name", async () => {
    const { rehearsal, id, old, byHand, titles } = await scene();
    const operation = await rehearsal.run(id, { until: moved(1) });
    rehearsal.model.secrets.delete(old.id);
    const { undo } = await byHand(operation);
    expect(titles(undo)?.[0]).toBe("b cannot go back: db_password_v1 is no longer in the Swarm");
  });

  it("a service whose update another hand has paused is pointed at before anything is sent to it", async () => {
    const { rehearsal, id, byHand } = await scene();
    rehearsal.model.service("service-a").update = { state: "paused", startedAt: 0, completedAt: null, message: "" };
    expect((await byHand(await rehearsal.find(id))).finish?.steps[1]?.notes).toEqual([
      expect.stringContaining("is paused, and this command goes on with it"),
    ]);
  });

  it("a group of secrets moves a service in one command", async () => {
    const rehearsal = new Rehearsal();
    const [first, second] = [rehearsal.own(), rehearsal.own("key", 1, { secretId: "secret-key", versionId: "key-1" })];
    rehearsal.model.addService("a", { secrets: [first, { ...second, target: "key" }] });
    const plan = rehearsal.rotation([first.id], [], {
      create: [sampleVersion(), sampleVersion({ versionId: "key-2", objectName: "key_v2", secretId: "secret-key" })],
      changes: [sampleChange("service-a", [toCreated([first.id]), toCreated([second.id], "key-2")])],
      retire: [sampleRetirement(first.id, { keepSeconds: 0 })],
    });
    const operation = await rehearsal.find(await rehearsal.start(plan));
    const [finish] = byHandWays(operation, await seenBy(rehearsal.model.gateway()));
    const command = finish?.steps.find(({ title }) => title === "Move a")?.commands[0] ?? "";
    expect(command.match(/--secret-(rm|add) \S+/g)).toHaveLength(4);
    expect(finish?.steps.at(-1)).toMatchObject({
      title: "Remove db_password_v1",
      commands: ["docker secret rm db_password_v1"],
    });
  });
});

describe("a password that a rotator sets", () => {
  const finished = async (over: Partial<PlannedRotator>) => {
    const { rehearsal, id, byHand } = await scene(() => ({ rotators: [sampleRotator(over)] }));
    const { finish } = await byHand(await rehearsal.find(id));
    return finish?.steps.find(({ title }) => title.startsWith("At orders"));
  };

  it("that has leaked is locked by hand, too, after the services were moved", async () => {
    const step = await finished({ locksOld: true, needsFinish: true });
    expect(step?.notes).toEqual(["The password of app_a has leaked: set one there that nobody knows."]);
  });

  it("and works on until the next rotation needs no word at the other side", async () => {
    expect(await finished({})).toBeUndefined();
  });
});

describe("a rollout that the Swarm has paused", () => {
  it("is no end: a service on the wanted version gets the command that goes on with it", async () => {
    const { operation, rehearsal, byHand } = await pausedScene();
    expect(rehearsal.model.service("service-b").update?.state).toBe("paused");
    const step = (await byHand(operation)).finish?.steps[2];
    expect(step).toEqual({
      title: "Go on with the rollout of b",
      notes: ["Its rollout is paused, and this goes on with it. If it does not end, press Ctrl-C and run it again."],
      commands: ["docker service update --detach=false b", expect.stringContaining("docker service ps")],
    });
  });

  it("and that was resumed too soon is known by the tasks that still run with the old version", async () => {
    const { operation, rehearsal, old } = await pausedScene();
    rehearsal.model.service("service-b").update = null;
    const task = sampleTask({ serviceId: "service-b", secretObjectIds: [old.id] });
    const swarm = { ...(await seenBy(rehearsal.model.gateway())), tasksByService: new Map([["service-b", [task]]]) };
    expect(byHandWays(operation, swarm)[0]?.steps[2]).toMatchObject({
      title: "Go on with the rollout of b",
      notes: [expect.stringContaining("a task still runs with another version")],
    });
  });

  it("that is this operation's own is cut off by its undo without a word of another hand", async () => {
    const { operation, byHand } = await pausedScene();
    const [step] = (await byHand(operation)).undo?.steps ?? [];
    expect(step).toMatchObject({ title: "Put b back", notes: [] });
    expect(step?.commands[0]).toContain("--secret-rm db_password_v2");
  });

  it("on the way back is gone on with as well, with a word of what else another hand has changed", async () => {
    const { rehearsal, id, old, byHand } = await scene();
    const operation = await rehearsal.run(id, { until: moved(1) });
    give(rehearsal, "service-a", old);
    const update = { state: "rollback_paused", startedAt: 0, completedAt: null, message: "" } as const;
    rehearsal.model.service("service-a").update = update;
    expect((await byHand(operation)).undo?.steps[1]).toMatchObject({
      title: "Go on with the rollout of a",
      notes: [expect.any(String), expect.stringContaining("docker service inspect --pretty a")],
    });
  });
});

describe("the object of a new version", () => {
  it("gets the next number where a foreign one has its name, and no service is moved onto the foreign one", async () => {
    const { rehearsal, id, byHand, titles } = await scene();
    rehearsal.model.addSecret("DB_Password_v2");
    rehearsal.model.addSecret("db_password_v7");
    const { finish } = await byHand(await rehearsal.find(id));
    expect(titles(finish)?.[0]).toBe("Make db_password_v8");
    expect(finish?.steps[0]?.notes[0]).toContain("Another object has the name db_password_v2");
    expect(finish?.steps[0]?.commands[0]).toMatch(/docker secret create db_password_v8 -$/);
    expect(finish?.steps[1]?.commands[0]).toContain("source=db_password_v8,");
  });

  it("that was made and whose answer was lost is known by its labels, and is among what the undo removes", async () => {
    const { rehearsal, id, byHand, titles } = await scene();
    const labels = { "io.skep.operation": id, "io.skep.version": "version-2", "io.skep.attempt": "1" };
    rehearsal.model.addSecret("db_password_v2", labels);
    const { finish, undo } = await byHand(await rehearsal.find(id));
    expect(titles(finish)?.[0]).toBe("db_password_v2 is made already");
    expect(finish?.steps[1]?.commands[0]).toContain("source=db_password_v2,");
    expect(titles(undo)).toEqual(["Look for tasks that still use db_password_v2", "Remove db_password_v2"]);
  });

  it("of each typed value of a group is made from a file of its own, and the notes say whose value is whose", async () => {
    const key = { versionId: "key-2", objectName: "key_v2", secretId: "secret-key", secretName: "key" };
    const { rehearsal, id, byHand } = await scene(() => ({
      create: [sampleVersion({ value: { from: "typed" } }), sampleVersion({ ...key, value: { from: "typed" } })],
    }));
    const steps = (await byHand(await rehearsal.find(id))).finish?.steps ?? [];
    expect(steps.slice(0, 2).map(({ commands }) => commands.at(-1))).toEqual([
      "docker secret create db_password_v2 ./db_password_v2.value",
      "docker secret create key_v2 ./key_v2.value",
    ]);
    expect(steps[0]?.notes[0]).toMatch(/value of db_password .*\.\/db_password_v2\.value/);
    expect(steps[1]?.notes[0]).toMatch(/value of key .*\.\/key_v2\.value/);
  });
});

describe("another hand", () => {
  it("that took a service back after it was moved has it left to it", async () => {
    const { rehearsal, id, old, byHand, titles } = await scene();
    await rehearsal.run(id, {
      until: ({ steps }) => steps.some(({ name, state }) => name === "move" && state === "done"),
    });
    give(rehearsal, "service-a", old);
    const operation = await rehearsal.run(id, { until: moved(1) });
    expect(titles((await byHand(operation)).finish)?.[1]).toBe("a was moved by another hand, and is left to it");
  });

  it("that gave a service a third version is not said to have done what was wanted", async () => {
    const { rehearsal, id, byHand, titles } = await scene();
    const operation = await rehearsal.run(id, { until: moved(1) });
    const third = rehearsal.model.addSecret("db_password_third");
    for (const service of ["service-a", "service-c"]) give(rehearsal, service, third);
    const { finish, undo } = await byHand(operation);
    expect(titles(finish)).toContain("c has none of the old versions any more, and is left");
    expect(titles(undo)).toContain("a was changed by another hand since, and is left to it");
  });

  it("that took a target is said at that service, and the others have their commands", async () => {
    const { rehearsal, id, byHand } = await scene(({ changes }) => ({
      changes: changes.map((change): PlannedChange => {
        if (change.serviceId !== "service-a") return change;
        const file = { target: "db_password", uid: "0", gid: "0", mode: 0o444 };
        return { ...change, edits: [{ edit: "add", to: { object: "created", versionId: "version-2" }, ...file }] };
      }),
    }));
    const { finish } = await byHand(await rehearsal.find(id));
    expect(finish?.steps[1]).toEqual({
      title: "a cannot be changed as it is now",
      notes: [expect.stringContaining("has db_password_v1 at /run/secrets/db_password already")],
      commands: [],
    });
    expect(finish?.steps[2]?.title).toBe("Move b");
  });
});

describe("a service that an update would run again", () => {
  const job = (rehearsal: Rehearsal) => {
    rehearsal.model.service("service-a").spec.Mode = { ReplicatedJob: { TotalCompletions: 1 } };
  };

  it("is left where the plan has not ticked it, and where it was moved the way back says that it runs again", async () => {
    const { rehearsal, id, byHand } = await scene();
    const planned = await rehearsal.find(id);
    const operation = await rehearsal.run(id, { until: moved(1) });
    job(rehearsal);
    const { undo } = await byHand(operation);
    expect(undo?.steps[1]).toMatchObject({ title: "Put a back", notes: ["This runs it again."] });
    const before = await scene();
    job(before.rehearsal);
    expect((await before.byHand(planned)).finish?.steps[1]).toEqual({
      title: "a would run again, and is left",
      notes: [],
      commands: [],
    });
  });

  it("is moved where the plan has it ticked, with a word of it", async () => {
    const { rehearsal, id, byHand } = await scene(({ changes }) => ({
      changes: changes.map((each) => ({ ...each, kind: "runs-to-end" })),
    }));
    job(rehearsal);
    const step = (await byHand(await rehearsal.find(id))).finish?.steps[1];
    expect(step).toMatchObject({ title: "Move a", notes: ["This runs it again."] });
  });
});

it("Of a group, only who goes back to a value that was said to work no more is told so, by the plan or by what is kept", async () => {
  const rehearsal = new Rehearsal();
  const key = { secretId: "secret-key", secretName: "key" };
  const [db, other] = [rehearsal.own(), rehearsal.own("key", 1, { ...key, versionId: "key-1" })];
  rehearsal.model.addService("a", { secrets: [db] });
  rehearsal.model.addService("b", { secrets: [{ ...other, target: "key" }] });
  const plan = rehearsal.rotation([db.id], [], {
    secrets: [
      { secretId: "secret-db", secretName: "db_password", fromVersion: 1, toVersion: 2 },
      { ...key, fromVersion: 1, toVersion: 2 },
    ],
    create: [sampleVersion(), sampleVersion({ ...key, versionId: "key-2", objectName: "key_v2" })],
    changes: [
      sampleChange("service-a", [toCreated([db.id])]),
      sampleChange("service-b", [toCreated([other.id], "key-2")]),
    ],
    oldValueStaysValid: false,
    retire: [],
  });
  const id = await rehearsal.start(plan);
  const operation = await rehearsal.run(id, { until: moved(2) });
  const swarm = await seenBy(rehearsal.model.gateway());
  const notes = (of: Operation, kept?: ReadonlyMap<string, boolean>) =>
    Object.fromEntries(byHandWays(of, swarm, kept)[1]?.steps.map((step) => [step.title, step.notes]) ?? []);
  expect(
    notes(
      operation,
      new Map([
        ["secret-db", true],
        ["secret-key", false],
      ]),
    ),
  ).toMatchObject({
    "Put a back": [],
    "Put b back": ["Only if the old value of key works again: it was said not to."],
  });
  const after = { ...sampleSettings, oldValueStaysValid: false };
  const record: Plan["record"] = [{ record: "edit", secretId: "secret-db", before: sampleSettings, after }];
  expect(notes({ ...operation, plan: { ...plan, record } })).toMatchObject({
    "Put a back": ["Only if the old value of db_password works again: it was said not to."],
    "Put b back": [],
  });
});
