import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { appendAudit } from "#lib/audit/append.ts";
import { sampleEvent } from "#lib/audit/sample.ts";
import { closeDatabase } from "#lib/db/client.ts";
import { type TestDatabase, testDatabase } from "#lib/db/test-database.ts";
import { transaction } from "#lib/db/transaction.ts";
import { configurationFrom, configure, readEnvironment } from "#lib/env.ts";
import { eraseEngine, type RunningEngine, startEngine } from "#lib/ground/engine.ts";
import { samplePlan } from "#lib/operations/sample.ts";
import { operationStore } from "#lib/operations/store.ts";
import type { Person } from "#lib/policy/schema.ts";
import { closeSwarm } from "#lib/swarm/connect.ts";
import { forgetInventory, readJoined } from "./memo.ts";
import { findSecret, findService, frame, listSecrets, listServices, overview } from "./queries.ts";
import { subscribeRevision } from "./revision.ts";

const actor: Person = {
  type: "person",
  personId: "me",
  name: "ops.one",
  email: "ops.one@example.org",
  role: "operator",
  sessionId: "session-1",
  address: null,
  userAgent: null,
};
let folder: string;
let db: TestDatabase;
let engine: RunningEngine;
let clusterId: string;
let objectId: string;
let serviceId: string;

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "skep-inventory-")));
  engine = await startEngine({ dataFolder: folder });
  db = await testDatabase();
  configure(
    configurationFrom(readEnvironment({}), {
      databaseUrl: db.url,
      docker: { host: engine.host, certPath: null, isTlsVerified: false },
      sessionSecret: "for-tests-only-0123456789abcdefghijklmnop",
    }),
  );
  clusterId = (await engine.api.call<{ ID: string }>("GET", "/swarm")).ID;
  objectId = await createSecret("db_password_v1");
  serviceId = await createService("shop_api", objectId);
});

afterAll(async () => {
  await closeSwarm();
  forgetInventory();
  await closeDatabase();
  await db?.drop();
  await eraseEngine(folder);
  rmSync(folder, { recursive: true, force: true });
});

async function createSecret(name: string): Promise<string> {
  const Data = Buffer.from("x").toString("base64");
  return (await engine.api.call<{ ID: string }>("POST", "/secrets/create", { Name: name, Data })).ID;
}

async function createService(name: string, secretId: string): Promise<string> {
  const File = { Name: "db_password", UID: "0", GID: "0", Mode: 0o444 };
  const Secrets = [{ SecretID: secretId, SecretName: "db_password_v1", File }];
  const spec = {
    Name: name,
    Mode: { Replicated: { Replicas: 2 } },
    TaskTemplate: {
      ContainerSpec: { Image: "none:1", Secrets, Env: ["API_TOKEN=canary-in-environment"] },
      Placement: { Constraints: ["node.labels.nowhere == 1"] },
    },
  };
  return (await engine.api.call<{ ID: string }>("POST", "/services/create", spec)).ID;
}

/** The first revision after some work at which a page shows it; told, not polled. Whoever begins to listen is told of that, too. */
async function revisionThatShows(work: () => Promise<unknown>, isShown: () => Promise<boolean>): Promise<number> {
  const told: number[] = [];
  let wake: () => void = () => undefined;
  const end = subscribeRevision((revision) => {
    told.push(revision);
    wake();
  });
  try {
    await work();
    for (;;) {
      const revision = told.shift();
      if (revision !== undefined && (await isShown())) return revision;
      if (told.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    end();
  }
}

const adopt = () =>
  transaction(async (tx) => {
    await tx.secret.create({ data: { id: "id-of-db_password", clusterId, name: "db_password", owner: "payments" } });
    const version = { id: "v1", number: 1, objectId, objectName: "db_password_v1", state: "current" };
    await tx.version.create({ data: { ...version, clusterId, secretId: "id-of-db_password" } });
    const file = { target: "db_password", path: "/run/secrets/db_password", uid: "0", gid: "0", mode: 0o444 };
    await tx.grant.create({
      data: {
        ...file,
        id: "g1",
        clusterId,
        secretId: "id-of-db_password",
        serviceId,
        serviceName: "shop_api",
        objectId,
      },
    });
    await appendAudit(tx, sampleEvent("db_password", { clusterId }));
  });

describe("what pages read", () => {
  it("shows a Swarm that Skep knows nothing of", async () => {
    const { rows, unmanaged, can } = await listSecrets(actor);
    expect(rows).toMatchObject([
      { name: "db_password", condition: "unmanaged", services: ["shop_api"], key: objectId },
    ]);
    expect({ unmanaged, can }).toEqual({ unmanaged: 1, can: ["secret.create", "secret.adopt", "secret.rotate"] });
    expect(await findSecret(actor, objectId)).toMatchObject({ id: null, proposal: { name: "db_password" } });
    expect(await findSecret(actor, "nothing")).toBeNull();
  });

  it("is the same list for as long as nothing changes", async () => {
    expect((await listSecrets(actor)).rows).toBe((await listSecrets(actor)).rows);
  });

  it("shows what Postgres says as soon as that is committed", async () => {
    await adopt();
    expect((await listSecrets(actor)).rows).toMatchObject([
      { id: "id-of-db_password", owner: "payments", condition: "service-down" },
    ]);
    const secret = await findSecret(actor, "id-of-db_password");
    expect(secret).toMatchObject({ currentVersion: 1, grants: [{ serviceName: "shop_api", tasksWanted: 2 }] });
    expect(secret?.events.length).toBe(1);
    expect(await findSecret(actor, objectId)).toMatchObject({ id: "id-of-db_password" });
  });

  it("shows services with what they hold, and never a value of their environment", async () => {
    const service = await findService(actor, serviceId);
    expect(service).toMatchObject({ environmentFindings: ["API_TOKEN"], holds: [{ secretName: "db_password" }] });
    const all = [service, await listServices(actor), await overview(actor), await frame(actor)];
    expect(JSON.stringify(all)).not.toContain("canary");
    expect((await overview(actor)).findings.map(({ rule }) => rule)).toContain("secret-in-environment");
  });

  it("tells who listens when the Swarm or Postgres changes, and shows it then", async () => {
    const rows = async () => (await listSecrets(actor)).rows;
    const first = await revisionThatShows(
      () => createSecret("another"),
      async () => (await rows()).map(({ name }) => name).join() === "another,db_password",
    );
    const second = await revisionThatShows(
      () =>
        transaction(async (tx) => {
          await tx.secret.update({ where: { id: "id-of-db_password" }, data: { owner: "platform" } });
          await appendAudit(tx, sampleEvent("db_password", { clusterId }));
        }),
      async () => (await rows())[1]?.owner === "platform",
    );
    expect(second).toBeGreaterThan(first);
  });

  it("shows how far an operation is at each step of it, with the records of its own secrets, and its end", async () => {
    const secrets = [{ secretId: "id-of-db_password", secretName: "db_password", fromVersion: 1, toVersion: 2 }];
    const given = { actor, isValueInRequest: false, steps: [], events: [], records: [] };
    await operationStore().insert({ id: "operation-1", plan: samplePlan({ clusterId, secrets }), ...given });
    const rowNow = async () => (await listSecrets(actor)).rows.find(({ name }) => name === "db_password");
    expect(await rowNow()).toMatchObject({ openOperationId: "operation-1", owner: "platform", isRotatable: false });
    const { records } = await readJoined().then(({ known }) => known);
    await db.database.secret.create({ data: { id: "id-of-another", clusterId, name: "an_idle_one" } });
    for (const owner of ["step one", "step two"]) {
      await db.database.secret.update({ where: { id: "id-of-db_password" }, data: { owner } });
      await db.database.operation.update({ where: { id: "operation-1" }, data: { revision: { increment: 1 } } });
      expect(await rowNow()).toMatchObject({ openOperationId: "operation-1", owner });
    }
    // Nobody has said that anything else changed, so nothing else was read.
    expect((await readJoined()).known.records).toHaveLength(records.length);
    await transaction(async (tx) => {
      const ended = { state: "ended", outcome: "done", endedAt: new Date() };
      await tx.operation.update({ where: { id: "operation-1" }, data: ended });
      await appendAudit(tx, sampleEvent("db_password", { clusterId, operationId: "operation-1" }));
    });
    expect(await rowNow()).toMatchObject({ openOperationId: null, isRotatable: true });
    const { known } = await readJoined();
    expect(known.records.map(({ name }) => name)).toEqual(["an_idle_one", "db_password"]);
    expect(known.operations).toMatchObject([{ id: "operation-1", state: "ended", outcome: "done" }]);
  });
});
