import { afterAll, beforeAll, expect, it } from "vitest";
import { closeDatabase } from "#lib/db/client.ts";
import { type TestDatabase, testDatabase } from "#lib/db/test-database.ts";
import { configurationFrom, configure, readEnvironment } from "#lib/env.ts";
import { closeSwarm } from "#lib/swarm/connect.ts";
import type { ReferenceChange } from "#lib/swarm/schema.ts";
import { findByHand } from "./by-hand.ts";
import { type LedgerStep, newStep } from "./ledger.ts";
import { Rehearsal } from "./model/rehearsal.ts";
import { findOperation, stacksThatHeld } from "./queries.ts";
import { sampleChange, samplePlan, sampleStarter } from "./sample.ts";
import { operationStore } from "./store.ts";

let db: TestDatabase;

/** On a Postgres that is there and a Swarm that is not. */
beforeAll(async () => {
  db = await testDatabase();
  const docker = { host: "tcp://skep:s3cret@127.0.0.1:9", certPath: null, isTlsVerified: false };
  const sessionSecret = "for-tests-only-0123456789abcdefghijklmnop";
  configure(configurationFrom(readEnvironment({}), { databaseUrl: db.url, docker, sessionSecret }));
});

afterAll(async () => {
  await closeSwarm();
  await closeDatabase();
});

/** One that needs a person after it moved a service, as it is in Postgres when Skep has just started. */
async function operationInPostgres(): Promise<string> {
  const rehearsal = new Rehearsal();
  const old = rehearsal.own();
  rehearsal.model.addService("a", { secrets: [old] });
  rehearsal.model.rollout.fates.push({ serviceId: "service-a", fate: { failsAfterSeconds: 1, error: "no" } });
  const plan = rehearsal.rotation([old.id], ["a"], { oldValueStaysValid: false });
  const { id, steps, state, direction, attention } = await rehearsal.run(await rehearsal.start(plan));
  const given = { id, plan, steps, actor: sampleStarter, isValueInRequest: false };
  await operationStore(db.database).insert({ ...given, events: [], records: [] });
  const row = { state, direction, attention: JSON.parse(JSON.stringify(attention)) };
  await db.database.operation.update({ where: { id }, data: row });
  return id;
}

it("Before the Swarm was seen, no service is said to have lost what it was given, and by hand says what the ledger has", async () => {
  const id = await operationInPostgres();
  const choices = (await findOperation(sampleStarter, id))?.attention?.choices ?? [];
  expect(choices.find(({ choice }) => choice === "undo")?.effect).toContain("Puts a back");
  const byHand = await findByHand(sampleStarter, id);
  expect(byHand).toMatchObject({ state: "not-seen", ledger: expect.arrayContaining(["Moved: a."]) });
  expect(byHand?.connection.command).toBe("export DOCKER_HOST=tcp://127.0.0.1:9");
  expect(JSON.stringify(byHand)).not.toContain("s3cret");
});

it("A stack that had a secret is known by the ledger, with those that joined, and not by what else moved with it", async () => {
  const stacks = { a: "shop", b: null, beside: "mail", "left-alone": "blog" };
  const changes = Object.entries(stacks).map(([id, stack]) => sampleChange(id, [], { stack }));
  const secrets = [{ secretId: "secret-held", secretName: "db", fromVersion: 1, toVersion: 2 }];
  const moved = (id: string, objectId: string, facts: LedgerStep["facts"] = {}): LedgerStep => ({
    ...newStep("move", { id, name: id }, 0),
    facts: { isApplied: true, changes: [{ ...replaced, fromObjectId: objectId }], ...facts },
  });
  const steps = [
    moved("a", "held"),
    moved("b", "held"),
    moved("beside", "other"),
    moved("left-alone", "held", { isApplied: false }),
    moved("joined", "held", { joined: sampleChange("joined", [], { stack: "late" }) }),
  ];
  const plan = samplePlan({ changes, secrets });
  const given = { id: "holding", plan, steps, actor: sampleStarter, isValueInRequest: false, events: [], records: [] };
  await operationStore(db.database).insert(given);
  expect((await stacksThatHeld("secret-held", ["held"])).map(String).sort()).toEqual(["late", "null", "shop"]);
  expect(await stacksThatHeld("secret-held", ["other"])).toEqual(["mail"]);
  expect(await stacksThatHeld("another", ["held"])).toEqual([]);
});

const replaced: ReferenceChange = {
  change: "replaced",
  target: "db",
  uid: "0",
  gid: "0",
  mode: 0o444,
  fromObjectId: "held",
  fromObjectName: "db_v1",
  toObjectId: "made",
  toObjectName: "db_v2",
};
