import { describe, expect, it } from "vitest";
import { RotatorFailure } from "#lib/rotators/failure.ts";
import { atEveryDeath } from "./model/every-death.ts";
import type { VersionRow } from "./model/memory-books.ts";
import { failsToSet, orders, passwordIn, runs, unknownObjects, value } from "./model/orders.ts";
import type { Rehearsal } from "./model/rehearsal.ts";
import type { PlannedRotator } from "./planned-value.ts";
import { decideAttention } from "./requests/decide.ts";
import { sampleChange, samplePermit, sampleRotator, sampleStarter, sampleVersion, toCreated } from "./sample.ts";
import { startOperation } from "./start.ts";
import { viewOf } from "./view.ts";

/** A service c, by a version of this name, has the login whose turn it is. */
function anotherHas({ model, otherSide, store }: Rehearsal, objectName: string, over: Partial<VersionRow>) {
  const object = model.addSecret(objectName, {}, "app_b:other");
  otherSide.has("rotator-1", "app_b", "other");
  model.addService("c", { secrets: [object] });
  const known = store.books.versions.get("version-1");
  if (!known) throw new Error("no version");
  const version = { id: "version-0", objectId: object.id, objectName, login: "app_b" };
  store.books.versions.set("version-0", { ...known, ...version, ...over });
  return object;
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
    const { otherSide } = rehearsal;
    anotherHas(rehearsal, "db_password_v0", { number: 0, state: "previous" });
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(operation.outcome).toBe("failed-nothing-changed");
    expect(operation.attention?.because).toContain("c (db_password_v0)");
    expect(otherSide.accepts("rotator-1", "app_b", "other")).toBe(true);
    expect(refused).toEqual([]);
  });

  it("are left as they are where a service has it by another secret, attached or not", async () => {
    const { rehearsal, plan, refused } = orders();
    const { otherSide } = rehearsal;
    anotherHas(rehearsal, "report_db_v1", { secretId: "secret-report" });
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(operation.outcome).toBe("failed-nothing-changed");
    expect(operation.attention?.because).toContain("c (report_db_v1)");
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

  it("do not wait for an old task for longer than a minute where the present one has leaked", async () => {
    const { rehearsal, plan, old } = orders();
    const { model, otherSide, store } = rehearsal;
    const first = await rehearsal.run(await rehearsal.start(plan));
    model.rollout.fates.push({ serviceId: "service-c", fate: { stopSeconds: 86_400 } });
    model.addService("c", { secrets: [old] });
    model.removeService("service-c");
    const made = first.steps.find(({ key }) => key === "create:version-2")?.facts.object?.id ?? "";
    const next = (rotator: Partial<PlannedRotator>, number: number) =>
      rehearsal.rotation([made], ["a", "b"], {
        kind: rotator.locksOld ? "rotate-emergency" : "rotate",
        order: "together",
        create: [
          sampleVersion({ versionId: `version-${number}`, number, objectName: `db_password_v${number}`, value }),
        ],
        changes: ["a", "b"].map((name) => sampleChange(`service-${name}`, [toCreated([made], `version-${number}`)])),
        rotators: [sampleRotator({ login: "app_a", oldLogin: "app_b", ...rotator })],
        retire: [],
      });
    const refused = await rehearsal.run(await rehearsal.start(next({}, 3)));
    expect(refused.outcome).toBe("failed-nothing-changed");
    expect(refused.attention?.because).toContain("An old task of a removed service (db_password_v1) still has");
    store.roles.set("person-1", "administrator");
    const emergency = await rehearsal.run(await rehearsal.start(next({ locksOld: true, needsFinish: true }, 4)));
    expect(emergency.outcome).toBe("done");
    expect(runs(rehearsal)).toContain("db_password_v4");
    expect(otherSide.accepts("rotator-1", ...passwordIn(rehearsal, "db_password_v2"))).toBe(false);
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
    failsToSet(rehearsal, new RotatorFailure("forbidden", "orders"));
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(operation.outcome).toBe("failed-nothing-changed");
    expect(operation.attention?.because).toContain("does not let Skep's login set this password");
    expect(rehearsal.updates("a")).toBe(0);
    expect(rehearsal.store.books.versions.get("version-2")?.state).toBe("abandoned");
    expect(refused).toEqual([]);
  });

  it("are not even made where the database would refuse, which it is asked first", async () => {
    const { rehearsal, plan, refused } = orders();
    rehearsal.otherSide.failure = new RotatorFailure("forbidden", "orders");
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(operation.outcome).toBe("failed-nothing-changed");
    expect(operation.attention?.because).toContain("does not let Skep's login set this password");
    expect([...rehearsal.model.secrets.values()].map(({ name }) => name)).toEqual(["db_password_v1"]);
    expect(rehearsal.eventTypes()).not.toContain("call.intended");
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
      check: (...given) => rotators.check(...given),
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

  it("go on with the leaked one while it is replaced, also where its turn shuts another service out", async () => {
    const { rehearsal, plan, refused } = orders(
      { keepsOld: false, locksOld: true, needsFinish: true },
      { kind: "rotate-emergency", order: "together" },
    );
    const { otherSide, store } = rehearsal;
    const other = anotherHas(rehearsal, "db_password_v0", { number: 0, state: "previous" });
    store.roles.set("person-1", "administrator");
    const changes = [...plan.changes, sampleChange("service-c", [toCreated([other.id])])];
    const operation = await rehearsal.run(await rehearsal.start({ ...plan, changes }));
    expect(operation.outcome).toBe("done");
    expect(runs(rehearsal)).toEqual(["db_password_v2"]);
    expect(otherSide.accepts("rotator-1", "app_a", "first")).toBe(false);
    // From the moment it was set until it had moved, c alone could not sign in.
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.filter((each) => !each.startsWith("app_b"))).toEqual([]);
    expect(viewOf(operation, sampleStarter).summary).toContain("The old password at orders (app_b) did not work for");
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

it.each([
  ["the other login was nobody's", true],
  ["it shut out who had the other login", false],
])("nothing is put back where the leaked one cannot be locked, and a person is asked; %s", async (_, keepsOld) => {
  const { rehearsal, plan, refused } = orders(
    { keepsOld, locksOld: true, needsFinish: true },
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
