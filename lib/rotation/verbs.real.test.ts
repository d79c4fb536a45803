import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { samplePerson } from "#lib/auth/sample.ts";
import { closeDatabase, database } from "#lib/db/client.ts";
import { type TestDatabase, testDatabase } from "#lib/db/test-database.ts";
import { configurationFrom, configure, readEnvironment } from "#lib/env.ts";
import { grantSecret, isGrantAcrossStacks, planGrant } from "#lib/grants/grant.ts";
import { planPutBack, putBackSecret } from "#lib/grants/put-back.ts";
import { planRevoke, revokeSecret } from "#lib/grants/revoke.ts";
import { eraseEngine, type RunningEngine, startEngine } from "#lib/ground/engine.ts";
import { importSampleImage, sampleImage } from "#lib/ground/sample-image.ts";
import { forgetInventory } from "#lib/inventory/memo.ts";
import { findSecret, listSecrets } from "#lib/inventory/queries.ts";
import { takeUp } from "#lib/operations/advance.ts";
import { ownPorts } from "#lib/operations/own-ports.ts";
import { decide, type Permit } from "#lib/policy/permit.ts";
import type { Action, Person, SubjectOf } from "#lib/policy/schema.ts";
import { adoptSecret, planAdopt } from "#lib/secrets/adopt.ts";
import { createSecret, planCreate } from "#lib/secrets/create.ts";
import { editSecret, planEdit } from "#lib/secrets/edit.ts";
import { keepSecret, planKeep } from "#lib/secrets/keep.ts";
import { planRetire, retireSecret } from "#lib/secrets/retire.ts";
import { adoptInput, createInput, editInput, retireInput, takeOverInput } from "#lib/secrets/schema.ts";
import { planTakeOver, takeOverSecret } from "#lib/secrets/take-over.ts";
import { closeSwarm, liveIndex, swarmGateway } from "#lib/swarm/connect.ts";
import { applyEdits } from "#lib/swarm/patch.ts";
import { SecretValue } from "#lib/value.ts";
import { planEmergency, rotateInEmergency } from "./emergency.ts";
import { moveRestOfSecret, planMoveRest } from "./move-rest.ts";
import { isRollBackToLeaked, planRollBack, rollBackSecret } from "./roll-back.ts";
import { planRotate, rotateSecret } from "./rotate.ts";
import { emergencyInput, moveRestInput, rollBackInput, rotateInput } from "./schema.ts";

let folder: string;
let db: TestDatabase;
let engine: RunningEngine;
let actor: Person;
let secretId: string;
const services: Record<string, string> = {};

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "skep-verbs-")));
  engine = await startEngine({ dataFolder: folder });
  await importSampleImage(engine.api);
  db = await testDatabase();
  configure(
    configurationFrom(readEnvironment({}), {
      databaseUrl: db.url,
      docker: { host: engine.host, certPath: null, isTlsVerified: false },
      sessionSecret: "for-tests-only-0123456789abcdefghijklmnop",
    }),
  );
  actor = await samplePerson(db.database, { role: "administrator" });
  await swarmGateway().createSecret({ name: "db_v1", labels: {}, templating: null }, typed("first"));
  const [object] = await swarmGateway().listSecrets();
  services.api = await createService("api", [{ id: object?.id ?? "", name: "db_v1", target: "db" }]);
  services.worker = await createService("worker", [], "1000:1000");
});

afterAll(async () => {
  await closeSwarm();
  forgetInventory();
  await closeDatabase();
  await db?.drop();
  await eraseEngine(folder);
  rmSync(folder, { recursive: true, force: true });
});

function typed(text: string): SecretValue {
  return new SecretValue(Buffer.from(text));
}

async function createService(name: string, mounts: { id: string; name: string; target: string }[], user = "") {
  const Secrets = mounts.map(({ id, name: objectName, target }) => ({
    SecretID: id,
    SecretName: objectName,
    File: { Name: target, UID: "0", GID: "0", Mode: 0o444 },
  }));
  const spec = {
    Name: name,
    Mode: { Replicated: { Replicas: 1 } },
    UpdateConfig: { Parallelism: 1, Monitor: 1e9 },
    TaskTemplate: {
      ContainerSpec: {
        Image: sampleImage,
        Secrets,
        User: user,
        StopGracePeriod: 1e9,
        Command: ["/bin/sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1; done"],
      },
    },
  };
  return (await engine.api.call<{ ID: string }>("POST", "/services/create", spec)).ID;
}

function permit<A extends Action>(action: A, subject: SubjectOf<A>): Permit<A> {
  const issued = decide(actor, action, subject);
  if (!issued) throw new Error("no permit");
  return issued;
}

/** What the workers do: runs the operation to its end, or until a person is needed. */
async function ended({ id }: { id: string }): Promise<string | null> {
  const ports = ownPorts();
  const deadline = Date.now() + 240_000;
  while (Date.now() < deadline) {
    const leased = await ports.store.lease(id, "test");
    if (!leased) {
      const operation = await ports.store.find(id);
      if (operation?.state !== "open") return operation?.outcome ?? operation?.state ?? null;
      await pause(200);
      continue;
    }
    const work = takeUp(leased, ports);
    for (let progress = await work.goOn(); progress.state === "open"; progress = await work.goOn()) {
      await ports.store.renew(leased.lease);
      await pause(Math.min(progress.waitSeconds, 2) * 1000);
    }
    await ports.store.release(leased.lease, null);
  }
  throw new Error("The operation did not end in time.");
}

async function referencesOf(name: string) {
  const service = await swarmGateway().findService(services[name] ?? "");
  return service?.references.map(({ objectName, target, uid, mode }) => [objectName, target, uid, mode.toString(8)]);
}

async function rowOf(name: string) {
  await liveIndex().refreshed();
  return (await listSecrets(actor)).rows.find((row) => row.name === name);
}

async function versionNamed(objectName: string): Promise<string> {
  return (await db.database.version.findFirstOrThrow({ where: { objectName } })).id;
}

describe("the life of a secret", () => {
  it("begins with its adoption, which writes nothing to the Swarm", async () => {
    const before = await swarmGateway().listSecrets();
    const { key } = (await rowOf("db")) ?? { key: "" };
    const input = adoptInput.parse({ name: "db", versions: [{ objectId: key, number: 1 }] });
    const { fingerprint } = await planAdopt(actor, input);
    const started = await adoptSecret(permit("secret.adopt", { objectIds: [key] }), { ...input, fingerprint });
    expect(started).toMatchObject({ state: "ended", outcome: "done" });
    expect(await swarmGateway().listSecrets()).toEqual(before);
    const row = await rowOf("db");
    expect(row).toMatchObject({ currentVersion: 1, condition: "healthy", services: ["api"] });
    secretId = row?.id ?? "";
  });

  it("is told what it is", async () => {
    const input = editInput.parse({
      secretId,
      owner: "payments",
      tags: "pci",
      keepSeconds: 3600,
      order: "together",
      soakSeconds: 0,
    });
    const { fingerprint } = await planEdit(actor, input);
    await editSecret(permit("secret.edit", { secretId }), { ...input, fingerprint });
    expect(await rowOf("db")).toMatchObject({ owner: "payments", tags: ["pci"] });
  });

  it("is granted to its service's own user", async () => {
    const input = { secretId, serviceId: services.worker ?? "" };
    const within = permit("secret.grant", { secretId, isAcrossStacks: false });
    const subject = { secretId, isAcrossStacks: await isGrantAcrossStacks(within, input) };
    const { fingerprint, plan } = await planGrant(actor, input);
    expect(plan.warnings.map(({ code }) => code)).toContain("read-access");
    expect(await ended(await grantSecret(permit("secret.grant", subject), { ...input, fingerprint }))).toBe("done");
    expect(await referencesOf("worker")).toEqual([["db_v1", "db", "1000", "400"]]);
  });

  it("is not rotated by a plan that is no longer the one that was shown", async () => {
    const input = rotateInput.parse({ secretId, source: "generated", soakSeconds: "0" });
    const { fingerprint } = await planRotate(actor, input);
    const other = { ...input, leaveOut: [services.worker ?? ""] };
    const rotation = rotateSecret(permit("secret.rotate", { secretIds: [secretId] }), { ...other, fingerprint });
    await expect(rotation).rejects.toMatchObject({ code: "plan-changed" });
    expect(await db.database.operation.count({ where: { kind: "rotate" } })).toBe(0);
  });

  it("is rotated: every service moves, and keeps its file, owner and mode", async () => {
    await quiet("worker");
    const input = rotateInput.parse({ secretId, source: "generated", soakSeconds: "0" });
    const { fingerprint } = await planRotate(actor, input);
    const rotation = await rotateSecret(permit("secret.rotate", { secretIds: [secretId] }), { ...input, fingerprint });
    await expect(
      rotateSecret(permit("secret.rotate", { secretIds: [secretId] }), { ...input, fingerprint }),
    ).rejects.toMatchObject({
      code: "busy",
    });
    expect(await ended(rotation)).toBe("done");
    expect(await referencesOf("api")).toEqual([["db_v2", "db", "0", "444"]]);
    expect(await referencesOf("worker")).toEqual([["db_v2", "db", "1000", "400"]]);
    expect(await rowOf("db")).toMatchObject({ currentVersion: 2, condition: "healthy" });
  });

  it("drifts by another hand, and is put back, or taken over", async () => {
    const drift = async () => {
      const service = await swarmGateway().findService(services.worker ?? "");
      const [old] = (await swarmGateway().listSecrets()).filter(({ name }) => name === "db_v1");
      if (!service || !old) throw new Error("gone");
      const fromObjectIds = service.references.map(({ objectId }) => objectId);
      const to = { objectId: old.id, objectName: old.name };
      const { spec } = applyEdits(service.spec, [{ edit: "replace", fromObjectIds, to }]);
      await swarmGateway().updateService(service.id, service.versionIndex, spec);
    };
    await quiet("worker");
    await drift();
    expect(await rowOf("db")).toMatchObject({ conditionText: "Drifted: v1 in worker" });
    const back = { secretId, serviceIds: [] };
    await quiet("worker");
    const { fingerprint } = await planPutBack(actor, back);
    expect(await ended(await putBackSecret(permit("secret.put-back", { secretId }), { ...back, fingerprint }))).toBe(
      "done",
    );
    expect(await rowOf("db")).toMatchObject({ condition: "healthy" });
    await quiet("worker");
    await drift();
    await quiet("worker");
    const over = takeOverInput.parse({ secretId });
    const taken = await planTakeOver(actor, over);
    const permitted = permit("secret.take-over", { secretId });
    expect(await takeOverSecret(permitted, { ...over, fingerprint: taken.fingerprint })).toMatchObject({
      outcome: "done",
    });
    expect(await rowOf("db")).toMatchObject({ condition: "healthy" });
    expect(await referencesOf("worker")).toMatchObject([["db_v1", "db", "1000", "400"]]);
  });

  it("gives the current version to a service that has stayed behind, and to no other", async () => {
    await quiet("worker");
    const input = moveRestInput.parse({ secretId, soakSeconds: "0", oldStaysValid: "yes" });
    const { fingerprint, plan } = await planMoveRest(actor, input);
    expect(plan).toMatchObject({ create: [], retire: [], secrets: [{ fromVersion: 1, toVersion: 2 }] });
    expect(plan.changes.map(({ serviceName }) => serviceName)).toEqual(["worker"]);
    expect((await findSecret(actor, secretId))?.can).toContain("secret.move-rest");
    const moved = await moveRestOfSecret(permit("secret.move-rest", { secretId }), { ...input, fingerprint });
    expect(await ended(moved)).toBe("done");
    expect(await referencesOf("worker")).toEqual([["db_v2", "db", "1000", "400"]]);
    expect(await rowOf("db")).toMatchObject({ currentVersion: 2, condition: "healthy" });
    expect((await findSecret(actor, secretId))?.can).not.toContain("secret.move-rest");
    await expect(planMoveRest(actor, input)).rejects.toThrow("Nothing is to be moved");
  });

  it("gets no number that a removed secret of the same name had", async () => {
    const clusterId = (await swarmGateway().readCluster()).id;
    const former = { id: "former", clusterId, name: "DB", removedAt: new Date() };
    const version = {
      id: "former-41",
      clusterId,
      secretId: "former",
      number: 41,
      objectName: "DB_v41",
      state: "removed",
    };
    await database().secret.create({ data: former });
    await database().version.create({ data: version });
    const { plan } = await planRotate(actor, rotateInput.parse({ secretId, source: "generated" }));
    expect(plan.create).toMatchObject([{ number: 42, objectName: "db_v42" }]);
    await database().version.delete({ where: { id: version.id } });
    await database().secret.delete({ where: { id: former.id } });
  });

  it("is rolled back to a version that is still there", async () => {
    await quiet("api");
    await quiet("worker");
    const versionId = await versionNamed("db_v1");
    const input = rollBackInput.parse({ secretId, versionId, soakSeconds: "0", oldStaysValid: "yes" });
    const { fingerprint, plan } = await planRollBack(actor, input);
    expect(plan.changes.map(({ serviceName }) => serviceName)).toEqual(["api", "worker"]);
    expect(
      await ended(
        await rollBackSecret(permit("secret.roll-back", { secretId, isLeaked: false }), { ...input, fingerprint }),
      ),
    ).toBe("done");
    expect(await rowOf("db")).toMatchObject({ currentVersion: 1, condition: "healthy" });
  });

  it("is rotated in an emergency with a typed value, not with the one that has leaked", async () => {
    for (const name of ["api", "worker"]) await quiet(name);
    const input = emergencyInput.parse({
      secretId,
      source: "typed",
      oldStaysValid: "yes",
      soakSeconds: "0",
      reason: "in a public log",
    });
    const { fingerprint } = await planEmergency(actor, input);
    const go = (value: string) =>
      rotateInEmergency(permit("secret.rotate-emergency", { secretId }), { ...input, fingerprint }, typed(value));
    await expect(go("first")).rejects.toMatchObject({ field: "value" });
    expect(await ended(await go("second"))).toBe("done");
    expect((await swarmGateway().listSecrets()).map(({ name }) => name)).toEqual(["db_v3"]);
    // To go back to them, as long as they are there, is an administrator's.
    const asks = async (name: string) =>
      isRollBackToLeaked(permit("secret.roll-back", { secretId, isLeaked: false }), {
        versionId: await versionNamed(name),
      });
    expect([await asks("db_v1"), await asks("db_v2"), await asks("db_v3")]).toEqual([true, true, false]);
    expect(await findSecret(actor, secretId)).toMatchObject({
      currentVersion: 3,
      versions: [{}, { state: "removed" }, {}],
    });
  });

  it("is revoked and retired, and its page stays", async () => {
    for (const name of ["api", "worker"]) {
      await quiet(name);
      const input = { secretId, serviceId: services[name] ?? "", target: "db" };
      const { fingerprint } = await planRevoke(actor, input);
      expect(await ended(await revokeSecret(permit("secret.revoke", { secretId }), { ...input, fingerprint }))).toBe(
        "done",
      );
    }
    const input = retireInput.parse({ secretId });
    const { fingerprint } = await planRetire(actor, input);
    expect(await ended(await retireSecret(permit("secret.retire", { secretId }), { ...input, fingerprint }))).toBe(
      "done",
    );
    expect(await swarmGateway().listSecrets()).toEqual([]);
    expect(await rowOf("db")).toBeUndefined();
    expect(await findSecret(actor, secretId)).toMatchObject({ conditionText: "Retired", can: [] });
  });

  it("begins anew under the same name with a number that nobody has used", async () => {
    await quiet("api");
    const input = createInput.parse({
      name: "db",
      source: "shown",
      soakSeconds: "0",
      grants: [{ serviceId: services.api }],
    });
    const { fingerprint } = await planCreate(actor, input);
    const started = await createSecret(permit("secret.create", {}), { ...input, fingerprint });
    expect(started.shown).toHaveLength(1);
    expect(await ended(started)).toBe("done");
    expect(await referencesOf("api")).toEqual([["db_v4", "db", "0", "444"]]);
    await expect(planCreate(actor, createInput.parse({ name: "DB", source: "generated" }))).rejects.toMatchObject({
      code: "name-taken",
    });
  });
});

describe("a retirement that waits", () => {
  it("is taken back by a person who keeps the secret, and by a grant of it", async () => {
    const { id = "" } = (await rowOf("db")) ?? {};
    const subject = { secretId: id ?? "" };
    const retireAfter = async () =>
      (await db.database.version.findFirstOrThrow({ where: { ...subject, state: "current" } })).retireAfter;
    const askForRemoval = async () => {
      const input = retireInput.parse({ ...subject, keepSeconds: 3600 });
      const { fingerprint } = await planRetire(actor, input);
      expect(await ended(await retireSecret(permit("secret.retire", subject), { ...input, fingerprint }))).toBe("done");
      expect(await retireAfter()).not.toBeNull();
    };
    await quiet("api");
    const revoke = { ...subject, serviceId: services.api ?? "", target: "db" };
    const revoked = await planRevoke(actor, revoke);
    await ended(await revokeSecret(permit("secret.revoke", subject), { ...revoke, fingerprint: revoked.fingerprint }));
    await askForRemoval();
    await liveIndex().refreshed();
    const waiting = await findSecret(actor, id ?? "");
    expect(waiting).toMatchObject({
      conditionText: "Waits for its removal",
      can: expect.arrayContaining(["secret.keep"]),
    });
    const { fingerprint } = await planKeep(actor, subject);
    expect(await keepSecret(permit("secret.keep", subject), { ...subject, fingerprint })).toMatchObject({
      outcome: "done",
    });
    expect(await retireAfter()).toBeNull();
    expect((await findSecret(actor, id ?? ""))?.can).not.toContain("secret.keep");
    await askForRemoval();
    await quiet("api");
    const wish = { ...subject, serviceId: services.api ?? "" };
    const planned = await planGrant(actor, wish);
    expect(planned.plan.warnings.map(({ code }) => code)).toContain("version-stays");
    const within = permit("secret.grant", { ...subject, isAcrossStacks: false });
    expect(await ended(await grantSecret(within, { ...wish, fingerprint: planned.fingerprint }))).toBe("done");
    expect(await retireAfter()).toBeNull();
    const events = (await findSecret(actor, id ?? ""))?.events.map(({ type }) => type);
    expect(events?.filter((type) => type === "retirement.taken-back")).toHaveLength(2);
  });
});

/** Until no update of the service is under way. */
async function quiet(name: string): Promise<void> {
  const deadline = Date.now() + 240_000;
  while (Date.now() < deadline) {
    const service = await swarmGateway().findService(services[name] ?? "");
    if (service?.update === null || service?.update.state === "completed") return;
    await pause(200);
  }
  throw new Error(`${name} is still being updated.`);
}
