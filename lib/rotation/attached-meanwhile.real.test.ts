import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { configureFor, samplePerson } from "#lib/auth/sample.ts";
import { closeDatabase } from "#lib/db/client.ts";
import { connectAs } from "#lib/db/connect.ts";
import { type TestDatabase, testDatabase } from "#lib/db/test-database.ts";
import { readFacts } from "#lib/grants/facts.ts";
import { confirmPlan, shownPlan } from "#lib/grants/shown.ts";
import { waitUntil } from "#lib/ground/process.ts";
import { Rehearsal } from "#lib/operations/model/rehearsal.ts";
import { ownRandom } from "#lib/operations/own-ports.ts";
import type { ConfirmedPlan } from "#lib/operations/seen.ts";
import { startOperation } from "#lib/operations/start.ts";
import { operationStore } from "#lib/operations/store.ts";
import { decide, type Permit } from "#lib/policy/permit.ts";
import type { Action, Person, SubjectOf } from "#lib/policy/schema.ts";
import { attachSecret, detachSecret } from "#lib/secrets/attach.ts";
import { groupPlanOf } from "./group.ts";
import { groupInput } from "./schema.ts";

/** Between a plan and its start others attach and detach, each in a connection of its own to a real Postgres. */

let db: TestDatabase;
let administrator: Person;
let swarm: Rehearsal;

beforeAll(async () => {
  db = await testDatabase();
  configureFor(db.url);
  administrator = await samplePerson(db.database, { role: "administrator" });
});
afterAll(closeDatabase);

beforeEach(async () => {
  swarm = new Rehearsal();
  await db.asOwner('TRUNCATE "Rotator", "Secret", "Operation" CASCADE');
  const settings = { kind: "http", address: "https://partner.example", credential: "key", logins: ["app_a", "app_b"] };
  const generator = { type: "hex", bytes: 24 };
  await db.database.rotator.create({ data: { id: "shop", name: "shop", settings, generator, createdBy: "ada" } });
  for (const name of ["db", "other"]) await secret(name);
});

async function secret(name: string): Promise<void> {
  const { clusterId } = swarm.model;
  const objectName = `${name}_v1`;
  const objectId = swarm.model.addSecret(objectName).id;
  const version = { id: objectName, clusterId, number: 1, objectName, objectId, state: "current" };
  await db.database.secret.create({ data: { id: name, clusterId, name, versions: { create: version } } });
}

function permit<A extends Action>(action: A, subject: SubjectOf<A>): Permit<A> {
  const issued = decide(administrator, action, subject);
  if (!issued) throw new Error("no permit");
  return issued;
}

const attach = (secretId: string) =>
  attachSecret(permit("secret.attach", { secretId }), {
    rotatorId: "shop",
    template: "{{user}}:{{password}}",
    login: "app_a",
  });
const detach = (secretId: string) => detachSecret(permit("secret.detach", { secretId }));

/** The plan to give `db` a new value, as it was confirmed. */
async function planned(source: "rotator" | "generated"): Promise<ConfirmedPlan> {
  const facts = await readFacts({ id: "db" }, swarm.ports.swarm);
  const value = source === "generated" ? { generator: { type: "hex", bytes: 24 }, oldStaysValid: "yes" } : {};
  const plan = groupPlanOf(facts, groupInput.parse({ secrets: [{ secretId: "db", source, ...value }] }));
  return confirmPlan(facts, plan, shownPlan(facts, plan).fingerprint);
}

const start = (plan: ConfirmedPlan) =>
  startOperation(permit("secret.rotate", { secretIds: ["db"] }), plan, {
    ports: { ...swarm.ports, store: operationStore(), random: ownRandom },
  });

const operations = () => db.database.operation.count();
const isWaiting = () =>
  waitUntil(async () => {
    const asked = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
    return (
      (await db.asOwner(`${asked} AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`))
        .length === 1
    );
  }, 10);

/** Another session, which has done this and not committed it while `work` runs. */
async function whileUncommitted(statements: string, work: () => Promise<void>): Promise<void> {
  await connectAs(db.url, async (client) => {
    await client.query(`BEGIN; ${statements}`);
    await work();
    await client.query("COMMIT");
  });
}

const locked = (name: string) => `SELECT pg_advisory_xact_lock(hashtextextended('${name}', 0));`;
const changed = { code: "plan-changed", publicMessage: expect.stringContaining("attached or detached") };

describe("a rotation whose password a rotator sets", () => {
  beforeEach(() => attach("db"));

  it("starts as it was planned where nothing has changed", async () => {
    await start(await planned("rotator"));
    expect(await operations()).toBe(1);
  });

  it.each([
    ["another secret was attached", () => attach("other")],
    ["its secret was detached", () => detach("db")],
    ["its secret was detached and attached again", () => detach("db").then(() => attach("db"))],
    ["the rotator was changed", () => db.asOwner(`UPDATE "Rotator" SET "changedAt" = now() + interval '1 second'`)],
  ])("does not start when %s after it was planned", async (_, change) => {
    const plan = await planned("rotator");
    await change();
    await expect(start(plan)).rejects.toMatchObject(changed);
    expect(await operations()).toBe(0);
  });

  it.each([
    [
      "attaches another secret",
      `${locked("rotator:shop")} ${locked("secret:other")}
       INSERT INTO "Attachment" ("secretId", "rotatorId", "template", "attachedBy") VALUES ('other', 'shop', '-', 'ada')`,
    ],
    ["detaches its secret", `${locked("secret:db")} DELETE FROM "Attachment" WHERE "secretId" = 'db'`],
    ["changes the rotator", `${locked("rotator:shop")} UPDATE "Rotator" SET "changedAt" = now() + interval '1 second'`],
  ])("waits for a session that %s, and then does not start", async (_, statements) => {
    const plan = await planned("rotator");
    let started: Promise<unknown> | undefined;
    await whileUncommitted(statements, async () => {
      started = start(plan).catch((error: unknown) => error);
      expect(await isWaiting()).toBe(true);
    });
    expect(await started).toMatchObject(changed);
    expect(await operations()).toBe(0);
  });

  it.each([
    ["attaches another secret", () => attach("other"), "A secret of shop is in an operation"],
    ["detaches its secret", () => detach("db"), "db is in an operation"],
  ])("is waited for by whoever %s while it starts", async (_, change, says) => {
    const plan = await planned("rotator");
    let started: Promise<unknown> | undefined;
    let late: Promise<unknown> | undefined;
    await whileUncommitted('LOCK TABLE "OperationStep" IN EXCLUSIVE MODE', async () => {
      started = start(plan);
      expect(await waitUntil(async () => (await waitingForSteps()) === 1, 10)).toBe(true);
      late = change().catch((error: unknown) => error);
      expect(await isWaiting()).toBe(true);
    });
    await started;
    expect(await late).toMatchObject({ code: "busy", publicMessage: expect.stringContaining(says) });
  });
});

const waitingForSteps = async () =>
  (await db.asOwner(`SELECT 1 FROM pg_locks WHERE relation = '"OperationStep"'::regclass AND NOT granted`)).length;

it("a value that no rotator has heard of does not start for a secret that is being attached", async () => {
  const plan = await planned("generated");
  let started: Promise<unknown> | undefined;
  const attaching = `${locked("rotator:shop")} ${locked("secret:db")}
    INSERT INTO "Attachment" ("secretId", "rotatorId", "template", "attachedBy") VALUES ('db', 'shop', '-', 'ada')`;
  await whileUncommitted(attaching, async () => {
    started = start(plan).catch((error: unknown) => error);
    expect(await isWaiting()).toBe(true);
  });
  expect(await started).toMatchObject(changed);
  expect(await operations()).toBe(0);
});
