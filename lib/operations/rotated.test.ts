import { describe, expect, it } from "vitest";
import { AppError } from "#lib/errors.ts";
import { RotatorFailure } from "#lib/rotators/failure.ts";
import type { SecretValue } from "#lib/value.ts";
import { elapsed } from "#lib/words.ts";
import { lateSeconds } from "./close-intent.ts";
import { atEveryDeath } from "./model/every-death.ts";
import { Rehearsal } from "./model/rehearsal.ts";
import type { PlannedRotator } from "./planned-value.ts";
import { decideAttention } from "./requests/decide.ts";
import { requestStop } from "./requests/stop.ts";
import { requestUndo } from "./requests/undo.ts";
import { gapText } from "./rotator-text.ts";
import { sampleChange, samplePermit, sampleRotator, sampleStarter, sampleVersion, toCreated } from "./sample.ts";
import type { Plan } from "./schema.ts";
import { startOperation } from "./start.ts";
import { leaseSeconds } from "./store-port.ts";
import { viewOf } from "./view.ts";

const template = "{{user}}:{{password}}";
const value = { from: "rotator", rotatorId: "rotator-1", template } as const;
const oneLogin = { login: "app_a", oldLogin: "app_a", keepsOld: false } as const;

/** Two services that sign in at a database with what the secret says, and the rotation of its password. */
function orders(over: Partial<PlannedRotator> = {}, plan: Partial<Plan> = {}) {
  const rehearsal = new Rehearsal();
  const { model, otherSide, store } = rehearsal;
  const rotator = sampleRotator(over);
  const old = rehearsal.own();
  old.value = "app_a:first";
  otherSide.has("rotator-1", "app_a", "first");
  const version = store.books.versions.get("version-1");
  if (version) store.books.versions.set("version-1", { ...version, rotatorId: "rotator-1", login: "app_a" });
  for (const name of ["a", "b"]) model.addService(name, { secrets: [old] });
  const rotation = rehearsal.rotation([old.id], ["a", "b"], {
    order: "one-by-one",
    create: [sampleVersion({ value })],
    rotators: [rotator],
    oldValueStaysValid: rotator.keepsOld,
    ...plan,
  });
  const refused = watchSignIns(rehearsal);
  return { rehearsal, plan: rotation, old, refused };
}

/** What running tasks could not sign in with, looked at after every call that reaches the Swarm or the database. */
function watchSignIns(rehearsal: Rehearsal): string[] {
  const refused: string[] = [];
  const { model, otherSide, ports } = rehearsal;
  function look(): void {
    for (const { state, secretIds } of model.tasks) {
      if (state !== "running") continue;
      for (const id of secretIds) {
        const [login = "", password = ""] = (model.secrets.get(id)?.value ?? "").split(":");
        if (!otherSide.accepts("rotator-1", login, password)) refused.push(`${login} at ${model.now}`);
      }
    }
  }
  const watched = <T extends object>(port: T): T =>
    new Proxy(port, {
      get(target, name) {
        const method = Reflect.get(target, name);
        if (typeof method !== "function") return method;
        return async (...given: unknown[]) => {
          try {
            return await method.apply(target, given);
          } finally {
            look();
          }
        };
      },
    });
  ports.swarm = watched(ports.swarm);
  ports.rotators = watched(ports.rotators);
  return refused;
}

function passwordIn({ model }: Rehearsal, objectName: string): [string, string] {
  const object = [...model.secrets.values()].find(({ name }) => name === objectName);
  const [login = "", password = ""] = (object?.value ?? "").split(":");
  return [login, password];
}

function runs({ model }: Rehearsal): string[] {
  const names = new Map([...model.secrets.values()].map(({ id, name }) => [id, name]));
  const running = model.tasks.filter(({ state }) => state === "running");
  return [...new Set(running.flatMap(({ secretIds }) => secretIds.map((id) => names.get(id) ?? "gone")))];
}

describe("two logins", () => {
  it("have the new password set and tried before any service moves, and nobody is without one that works", async () => {
    const { rehearsal, plan, refused } = orders();
    const id = await rehearsal.start(plan);
    const operation = await rehearsal.run(id);
    expect(operation.outcome).toBe("done");
    expect(runs(rehearsal)).toEqual(["db_password_v2"]);
    const [login, password] = passwordIn(rehearsal, "db_password_v2");
    expect(login).toBe("app_b");
    expect(rehearsal.otherSide.accepts("rotator-1", "app_b", password)).toBe(true);
    expect(rehearsal.otherSide.accepts("rotator-1", "app_a", "first")).toBe(true);
    expect(refused).toEqual([]);
    const began = (key: string) => Date.parse(operation.steps.find((step) => step.key === key)?.startedAt ?? "");
    expect(began("create:version-2")).toBeLessThanOrEqual(began("set:rotator-1"));
    expect(began("set:rotator-1")).toBeLessThanOrEqual(began("test:rotator-1"));
    expect(began("test:rotator-1")).toBeLessThanOrEqual(began("move:service-a"));
    expect(rehearsal.store.books.versions.get("version-2")).toMatchObject({ rotatorId: "rotator-1", login: "app_b" });
  });

  it("are intended in the history before they are set, and no password is in the history or the ledger", async () => {
    const { rehearsal, plan } = orders();
    const permit = samplePermit("secret.rotate", { secretIds: ["secret-db"] });
    const { id } = await startOperation(permit, plan, { ports: rehearsal.ports });
    await rehearsal.run(id);
    const calls = rehearsal.store.events.flatMap(({ detail }) =>
      "call" in detail ? [`${detail.type} ${detail.call.call}`] : [],
    );
    expect(calls.slice(0, 4)).toEqual([
      "call.intended secret.create",
      "call.ended secret.create",
      "call.intended rotator.set",
      "call.ended rotator.set",
    ]);
    expect(rehearsal.store.events[0]?.detail).toMatchObject({
      sets: [{ rotator: { id: "rotator-1", name: "orders" }, login: "app_b" }],
    });
    const [, password] = passwordIn(rehearsal, "db_password_v2");
    expect(password).not.toBe("");
    expect(JSON.stringify([rehearsal.store.events, await rehearsal.find(id)])).not.toContain(password);
  });

  it("end the same when the worker is killed at any write: every sign-in works, and one object is in use", async () => {
    const reached = await atEveryDeath(
      async () => orders(),
      ({ rehearsal, refused }) => {
        expect(refused).toEqual([]);
        const current = [...rehearsal.store.books.versions.values()].filter(({ state }) => state === "current");
        expect(current.map(({ id, login }) => [id, login])).toEqual([["version-2", "app_b"]]);
        const name = current[0]?.objectName ?? "";
        expect(runs(rehearsal)).toEqual([name]);
        expect(rehearsal.otherSide.accepts("rotator-1", ...passwordIn(rehearsal, name))).toBe(true);
        for (const service of ["a", "b"]) expect(rehearsal.updates(service)).toBe(1);
        expect(unknownObjects(rehearsal)).toEqual([]);
      },
    );
    expect(reached).toBeGreaterThan(100);
  });

  it("are left as they are where a service still has the one that would be set", async () => {
    const { rehearsal, plan, refused } = orders();
    const { model, otherSide, store } = rehearsal;
    const other = model.addSecret("db_password_v0", {}, "app_b:other");
    otherSide.has("rotator-1", "app_b", "other");
    model.addService("c", { secrets: [other] });
    const known = store.books.versions.get("version-1");
    if (!known) throw new Error("no version");
    const before = { id: "version-0", number: 0, objectId: other.id, objectName: other.name, login: "app_b" };
    store.books.versions.set("version-0", { ...known, ...before, state: "previous" });
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(operation.outcome).toBe("failed-nothing-changed");
    expect(operation.attention?.because).toContain("c (db_password_v0)");
    expect(otherSide.accepts("rotator-1", "app_b", "other")).toBe(true);
    expect(refused).toEqual([]);
  });

  it("are set anew only when the last old task has ended, one of a service that was removed too", async () => {
    const { rehearsal, plan, old, refused } = orders();
    const { model, otherSide, store } = rehearsal;
    const first = await rehearsal.run(await rehearsal.start(plan));
    model.rollout.fates.push({ serviceId: "service-c", fate: { stopSeconds: 40 } });
    model.addService("c", { secrets: [old] });
    model.removeService("service-c");
    const next = { versionId: "version-3", number: 3, objectName: "db_password_v3" };
    const made = first.steps.find(({ key }) => key === "create:version-2")?.facts.object?.id ?? "";
    const back = rehearsal.rotation([made], ["a", "b"], {
      create: [sampleVersion({ ...next, value })],
      changes: ["a", "b"].map((name) => sampleChange(`service-${name}`, [toCreated([made], "version-3")])),
      rotators: [sampleRotator({ login: "app_a", oldLogin: "app_b" })],
      retire: [],
    });
    const startedAt = model.now;
    const operation = await rehearsal.run(await rehearsal.start(back));
    expect(operation.outcome).toBe("done");
    expect(model.now - startedAt).toBeGreaterThan(40_000);
    expect(otherSide.accepts("rotator-1", "app_a", "first")).toBe(false);
    expect(store.books.versions.get("version-3")).toMatchObject({ state: "current", login: "app_a" });
    expect(refused).toEqual([]);
  });

  it("are undone when a service fails with the new one: both go on with the old", async () => {
    const { rehearsal, plan, old, refused } = orders();
    rehearsal.model.rollout.fates.push({ serviceId: "service-b", fate: { failsAfterSeconds: 1, error: "no" } });
    rehearsal.model.rollout.fates.push({ secretId: old.id, fate: { failsAfterSeconds: null } });
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(operation.outcome).toBe("undone");
    expect(runs(rehearsal)).toEqual(["db_password_v1"]);
    expect(refused).toEqual([]);
  });

  it("are given up without a service touched where the database refuses, and that is said", async () => {
    const { rehearsal, plan, refused } = orders();
    rehearsal.otherSide.failure = new RotatorFailure("forbidden", "orders");
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(operation.outcome).toBe("failed-nothing-changed");
    expect(operation.attention?.because).toContain("does not let Skep's login set this password");
    expect(rehearsal.updates("a")).toBe(0);
    expect(rehearsal.store.books.versions.get("version-2")?.state).toBe("abandoned");
    expect(refused).toEqual([]);
  });

  it("are tried again where the database was away for a moment", async () => {
    const { rehearsal, plan } = orders();
    rehearsal.otherSide.failure = new RotatorFailure("unreachable", "orders");
    const id = await rehearsal.start(plan);
    const { work, lease } = await rehearsal.takeUp(id);
    const away = await work.goOn();
    expect(away).toMatchObject({ state: "open" });
    rehearsal.otherSide.failure = null;
    rehearsal.model.advance(5);
    while ((await work.goOn()).state === "open") rehearsal.model.advance(0.5);
    await rehearsal.store.release(lease, null);
    expect((await rehearsal.find(id)).outcome).toBe("done");
    expect(unknownObjects(rehearsal)).toEqual([]);
  });

  it("are tried in the turn in which they were set, also where that was sent once more: an earlier one is refused", async () => {
    const { rehearsal, plan } = orders();
    const { rotators } = rehearsal.ports;
    const turns: string[] = [];
    let isLost = true;
    rehearsal.ports.rotators = {
      ...rotators,
      async set(rotator, turn, password) {
        if (isLost) {
          isLost = false;
          throw new RotatorFailure("unreachable", "orders");
        }
        turns.push(`set ${turn.generation}`);
        return rotators.set(rotator, turn, password);
      },
      async test(rotator, turn, password) {
        turns.push(`test ${turn.generation}`);
        return rotators.test(rotator, turn, password);
      },
      finish: (...given) => rotators.finish(...given),
    };
    const operation = await rehearsal.run(await rehearsal.start(plan));
    const [looked = "", sent = "", tried = ""] = turns;
    expect(turns).toHaveLength(3);
    expect(looked).toMatch(/^test/);
    expect(tried).toBe(sent.replace("set", "test"));
    expect(operation.outcome).toBe("done");
  });

  it("have the leaked one locked in the end of an emergency, when nobody needs it any more", async () => {
    const { rehearsal, plan, refused } = orders(
      { locksOld: true, needsFinish: true },
      { kind: "rotate-emergency", order: "together" },
    );
    rehearsal.store.roles.set("person-1", "administrator");
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(operation.outcome).toBe("done");
    expect(rehearsal.otherSide.accepts("rotator-1", "app_a", "first")).toBe(false);
    const locked = rehearsal.store.events.filter(({ detail }) => "call" in detail && "locks" in detail.call);
    expect(locked.map(({ detail }) => detail)).toMatchObject([
      { type: "call.intended", call: { locks: "app_a" } },
      { type: "call.ended", call: { locks: "app_a" } },
    ]);
    expect(refused).toEqual([]);
  });
});

it("nothing is put back where the leaked one cannot be locked: it may be by now, and a person is asked", async () => {
  const { rehearsal, plan, refused } = orders(
    { locksOld: true, needsFinish: true },
    { kind: "rotate-emergency", order: "together" },
  );
  rehearsal.store.roles.set("person-1", "administrator");
  const { finish } = rehearsal.ports.rotators;
  rehearsal.ports.rotators.finish = async (...given) => {
    await finish(...given);
    throw new RotatorFailure("forbidden", "orders");
  };
  const operation = await rehearsal.run(await rehearsal.start(plan));
  expect(operation.state).toBe("needs-attention");
  expect(operation.attention?.choices).toEqual(["try-again", "accept"]);
  expect(viewOf(operation, sampleStarter).attention?.did).toContain("has leaked may still work at orders");
  expect(runs(rehearsal)).toEqual(["db_password_v2"]);
  expect(refused).toEqual([]);
  const administrator = { ...sampleStarter, role: "administrator" } as typeof sampleStarter;
  const subject = { operationId: operation.id, kind: "rotate-emergency" } as const;
  const accept = samplePermit("operation.decide", subject, administrator);
  await decideAttention(accept, "accept", rehearsal.store);
  const { summary } = viewOf(await rehearsal.run(operation.id), sampleStarter);
  expect(summary).toContain("The password that has leaked may still work at orders: rotate again.");
});

describe("one login", () => {
  it("goes forward only, once the password may be set: no undo, no stop, no choice to go back", async () => {
    const { rehearsal, plan } = orders(oneLogin);
    const id = await rehearsal.start(plan);
    const isSet = ({ steps }: { steps: { key: string; state: string }[] }) =>
      steps.some(({ key, state }) => key === "set:rotator-1" && state === "done");
    await rehearsal.run(id, { until: isSet });
    const undo = samplePermit("operation.undo", { operationId: id, kind: "rotate" });
    await expect(requestUndo(undo, rehearsal.store)).rejects.toMatchObject({ code: "plan-changed" });
    const stop = samplePermit("operation.stop", { operationId: id });
    await expect(requestStop(stop, rehearsal.store)).rejects.toMatchObject({ code: "plan-changed" });
    rehearsal.store.roles.set("person-1", "viewer");
    const operation = await rehearsal.run(id);
    expect(operation.outcome).toBe("done");
    expect(runs(rehearsal)).toEqual(["db_password_v2"]);
  });

  it.each([
    ["undo", (operationId: string) => samplePermit("operation.undo", { operationId, kind: "rotate" }), requestUndo],
    ["stop", (operationId: string) => samplePermit("operation.stop", { operationId }), requestStop],
  ] as const)(
    "goes forward also where it is set between a person's look and her word (%s)",
    async (_, permit, wish) => {
      const { rehearsal, plan } = orders(oneLogin);
      const { store } = rehearsal;
      const id = await rehearsal.start(plan);
      const find = store.find.bind(store);
      store.find = async () => {
        store.find = find;
        const seen = await find(id);
        await rehearsal.run(id, { until: ({ steps }) => steps.some(({ facts }) => facts.sent) });
        return seen;
      };
      await expect(wish(permit(id) as never, store)).rejects.toMatchObject({ code: "plan-changed" });
      expect((await rehearsal.run(id)).outcome).toBe("done");
    },
  );

  it("whose making was sent twice is kept, when it is given up, until the first of the two can come no more", async () => {
    const { rehearsal, plan } = orders(oneLogin);
    let isFirst = true;
    rehearsal.model.meddle = async ({ name }, apply) => {
      if (name !== "createSecret" || !isFirst) return apply();
      isFirst = false;
      throw new AppError("swarm-timeout", "The Swarm did not answer in time.");
    };
    rehearsal.otherSide.failure = new RotatorFailure("unreachable", "orders");
    const id = await rehearsal.start(plan);
    const { steps } = await rehearsal.run(id, {
      until: (operation) => operation.steps.some(({ facts }) => facts.object),
    });
    const repeatedAt = steps.flatMap(({ facts }) => facts.repeatedAt ?? [])[0] ?? "";
    rehearsal.model.advance(leaseSeconds + 1);
    await rehearsal.run(id, { until: (operation) => operation.steps.some(({ facts }) => facts.givenUp?.length) });
    const givenUp = [...rehearsal.store.books.versions.values()].find(({ state }) => state === "abandoned");
    expect(givenUp?.retireAfter).toBeGreaterThanOrEqual(Date.parse(repeatedAt) + lateSeconds * 1000);
  });

  it("is measured from the first time that it may have been set, over a start over, until tasks run with the new one", async () => {
    const { rehearsal, plan } = orders(oneLogin);
    const id = await rehearsal.start({ ...plan, order: "together" });
    const first = await rehearsal.run(id, { until: ({ steps }) => steps.some(({ facts }) => facts.sent) });
    const since = Date.parse(first.steps.find(({ name }) => name === "set")?.facts.sent?.since ?? "");
    rehearsal.model.advance(90);
    const operation = await rehearsal.run(id);
    const begun = operation.steps.flatMap(({ name, facts }) => (name === "watch" && facts.soakFrom) || []);
    expect(begun).toHaveLength(2);
    const seconds = (Math.max(...begun.map((at) => Date.parse(at))) - since) / 1000;
    expect(seconds).toBeGreaterThan(90);
    expect(gapText(operation)).toContain(`did not work for ${elapsed(seconds)},`);
  });

  it("may be undone as long as nothing was sent, and the version that is given up has replaced no password", async () => {
    const { rehearsal, plan, refused } = orders(oneLogin);
    rehearsal.otherSide.failure = new RotatorFailure("sign-in", "orders");
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(operation.outcome).toBe("failed-nothing-changed");
    expect(refused).toEqual([]);
    const { versions } = rehearsal.store.books;
    expect(versions.get("version-2")).toMatchObject({ state: "abandoned", rotatorId: null, login: null });
    expect(versions.get("version-1")).toMatchObject({ state: "current", login: "app_a" });
  });

  it("asks a person where a service fails with the new password, and offers no way back", async () => {
    const { rehearsal, plan, old } = orders(oneLogin);
    rehearsal.model.rollout.fates.push({ serviceId: "service-b", fate: { failsAfterSeconds: 1, error: "no" } });
    rehearsal.model.rollout.fates.push({ secretId: old.id, fate: { failsAfterSeconds: null } });
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(operation.state).toBe("needs-attention");
    expect(operation.attention?.choices).toEqual(["try-again", "accept"]);
    const { attention } = viewOf(operation, sampleStarter);
    expect(attention?.did).toBe(
      "The old password at orders works no more, so Skep put nothing back, and began no further service.",
    );
    const accept = samplePermit("operation.decide", { operationId: operation.id, kind: "rotate" });
    await decideAttention(accept, "accept", rehearsal.store);
    const { summary } = viewOf(await rehearsal.run(operation.id), sampleStarter);
    expect(summary).toContain(
      "The old password at orders works no more: what has it and was not moved cannot sign in anew.",
    );
  });

  it("ends the same when the worker is killed at any write: everything runs what the database takes", async () => {
    const reached = await atEveryDeath(
      async () => orders(oneLogin),
      ({ rehearsal }) => {
        const current = [...rehearsal.store.books.versions.values()].find(({ state }) => state === "current");
        expect(runs(rehearsal)).toEqual([current?.objectName]);
        expect(rehearsal.otherSide.accepts("rotator-1", ...passwordIn(rehearsal, current?.objectName ?? ""))).toBe(
          true,
        );
        expect(unknownObjects(rehearsal)).toEqual([]);
      },
    );
    expect(reached).toBeGreaterThan(100);
  });
});

describe("an address of the person's own", () => {
  const both = { login: null, oldLogin: null, keepsOld: true, needsFinish: true } as const;

  it("is told that the old value is not needed when no task has it any more", async () => {
    const { rehearsal, plan } = orders(both, {
      create: [sampleVersion({ value: { ...value, template: "{{password}}" } })],
    });
    rehearsal.otherSide.has("rotator-1", null, "first");
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(operation.outcome).toBe("done");
    const finish = operation.steps.find(({ key }) => key === "finish:rotator-1");
    const watched = operation.steps.filter(({ name }) => name === "watch").map(({ endedAt }) => endedAt ?? "");
    expect(finish?.state).toBe("done");
    expect(watched.every((endedAt) => endedAt <= (finish?.startedAt ?? ""))).toBe(true);
    expect(rehearsal.otherSide.accepts("rotator-1", null, "first")).toBe(false);
  });

  it("is not told while a service that was left out has the old value, which goes on working, and the end says so", async () => {
    const { rehearsal, plan } = orders(both, {
      create: [sampleVersion({ value: { ...value, template: "{{password}}" } })],
    });
    const { otherSide, store } = rehearsal;
    otherSide.has("rotator-1", null, "first");
    const version = store.books.versions.get("version-1");
    if (version) store.books.versions.set("version-1", { ...version, login: null });
    const changes = plan.changes.map((change, index) =>
      index === 1 ? { ...change, leftOut: "by-choice" as const } : change,
    );
    const operation = await rehearsal.run(await rehearsal.start({ ...plan, changes }));
    expect(operation.outcome).toBe("done-left-out");
    expect(otherSide.accepts("rotator-1", null, "first")).toBe(true);
    expect(viewOf(operation, sampleStarter).next).toContain(
      "orders was not told that the old value is not needed: b still has db_password_v1.",
    );
  });
});

it("is forgotten: the password's bytes are overwritten when it was tried, and when the work ends before", async () => {
  for (const isTried of [true, false]) {
    const { rehearsal, plan } = orders();
    const given: SecretValue[] = [];
    const { value: make } = rehearsal.ports.random;
    rehearsal.ports.random.value = (generator) => {
      const made = make(generator);
      given.push(made);
      return made;
    };
    if (!isTried) rehearsal.otherSide.failure = new RotatorFailure("unreachable", "orders");
    const { work } = await rehearsal.takeUp(await rehearsal.start(plan));
    for (let turns = 0; turns < 3; turns += 1) {
      await work.goOn();
      rehearsal.model.advance(0.2);
    }
    if (!isTried) work.forget();
    expect(given).toHaveLength(1);
    await expect(given[0]?.use(async () => undefined)).rejects.toMatchObject({ code: "value-lost" });
  }
});

/** Objects that Postgres knows nothing of. */
function unknownObjects({ model, store }: Rehearsal): string[] {
  const known = new Set([...store.books.versions.values()].map(({ objectId }) => objectId));
  return [...model.secrets.values()].filter(({ id }) => !known.has(id)).map(({ name }) => name);
}
