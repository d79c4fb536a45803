import { randomBytes } from "node:crypto";
import { once } from "node:events";
import fs, { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { closeDatabase } from "#lib/db/client.ts";
import { connectAs } from "#lib/db/connect.ts";
import { type TestDatabase, testDatabase } from "#lib/db/test-database.ts";
import { configurationFrom, configure, readEnvironment } from "#lib/env.ts";
import type { Generator } from "#lib/generate/schema.ts";
import { type TestPostgres, testPostgres } from "#lib/ground/test-postgres.ts";
import { testSwarm } from "#lib/ground/test-swarm.ts";
import { findStep, type Operation } from "#lib/operations/ledger.ts";
import { ownRandom, ownRotators } from "#lib/operations/own-ports.ts";
import type { Rotators } from "#lib/operations/ports.ts";
import { requestStop } from "#lib/operations/requests/stop.ts";
import { requestUndo } from "#lib/operations/requests/undo.ts";
import { viewOf } from "#lib/operations/view.ts";
import { decide, type Permit } from "#lib/policy/permit.ts";
import type { Action, SubjectOf } from "#lib/policy/schema.ts";
import { planEmergency, rotateInEmergency } from "#lib/rotation/emergency.ts";
import { planGroup, rotateGroup } from "#lib/rotation/group.ts";
import { planRotate, rotateSecret } from "#lib/rotation/rotate.ts";
import { emergencyInput, groupInput, rotateInput } from "#lib/rotation/schema.ts";
import { type Receiver, startReceiver } from "#lib/rotators/doubles/receiver.ts";
import { holdsAny, wholeText } from "#lib/rotators/doubles/search.ts";
import { type RotatorSettings, rotatorSettings } from "#lib/rotators/schema.ts";
import { attachSecret } from "#lib/secrets/attach.ts";
import { addRotator, checkRotator } from "#lib/settings/rotators.ts";
import { closeSwarm } from "#lib/swarm/connect.ts";
import { connectGateway } from "#lib/swarm/docker.ts";
import { type RecordingProxy, startRecordingProxy } from "#lib/swarm/recording-proxy.ts";
import {
  actor,
  adopt,
  anotherHand,
  ended,
  found,
  makeRunning,
  named,
  type Secret,
  type Stage,
  sent,
  stageOn,
  startTestWorker,
  until,
} from "./scene.ts";
import type { Worker } from "./worker.ts";

/** On a real Swarm, a real Postgres, and other sides that are real: a PostgreSQL, and the receiver of the docs. */

const folder = realpathSync(mkdtempSync(join(tmpdir(), "skep-rotated-")));
process.env.SKEP_CREDENTIAL_DIR = folder;
process.env.SKEP_LOG_LEVEL = "debug";

/** All that was logged. */
const logged: string[] = [];
const { writeSync } = fs;
vi.spyOn(fs, "writeSync").mockImplementation((...given: unknown[]) => {
  const [fd, text] = given;
  if (fd !== 2) return Reflect.apply(writeSync, fs, given);
  logged.push(String(text));
  return Buffer.byteLength(String(text));
});

/** Every password that was made for a rotator, and every error of the other sides. */
const made = new Set<string>();
const errors: unknown[] = [];

const generator: Generator = { type: "password", alphabet: "letters-digits", length: 24 };
const template = "{{user}} {{password}}";

let stage: Stage;
let db: TestDatabase;
let proxy: RecordingProxy;
let worker: Worker;
let postgres: TestPostgres;
let receiver: Receiver;
const servers: Server[] = [];
const sockets = new Set<Socket>();

/** How a receiver may go wrong, and what Skep says of it. */
const behaviours = {
  away: ["hangs up", "does not answer"],
  refuses: ["refuses, and sends back what it got", "refused the new password"],
  fails: ["fails, and sends back what it got", "has an error of its own"],
  malformed: ["answers with half of what it got", "does not say whether the login accepts the password"],
  contradicts: ["takes it, and then does not know it", "does not take the new password"],
} as const;
type Behaviour = keyof typeof behaviours;
const misbehaving = Object.keys(behaviours) as Behaviour[];

beforeAll(async () => {
  const swarm = await testSwarm();
  const socketPath = join(folder, "docker.sock");
  proxy = await startRecordingProxy({ socketPath, targetSocketPath: swarm.host.replace("unix://", "") });
  const host = `unix://${socketPath}`;
  const gateway = connectGateway({ endpoints: [{ host, certPath: null, isTlsVerified: false }] });
  db = await testDatabase();
  const plain = await stageOn({ ...swarm, host, gateway }, db);
  stage = { ...plain, ports: { ...plain.ports, random: overheard, rotators: overheardRotators() } };
  configure(
    configurationFrom(readEnvironment({}), {
      databaseUrl: stage.databaseUrl,
      docker: { host, certPath: null, isTlsVerified: false },
      sessionSecret: "for-tests-only-0123456789abcdefghijklmnop",
    }),
  );
  postgres = await testPostgres();
  const key = `whsec_${randomBytes(32).toString("base64")}`;
  writeFileSync(join(folder, "receiver_key"), key);
  receiver = await startReceiver({ keys: [key], logins: ["shop", ...misbehaving].flatMap(loginsOf) });
  worker = startTestWorker(stage);
});

afterAll(async () => {
  await worker?.stop();
  await closeSwarm();
  await closeDatabase();
  await receiver?.stop();
  for (const socket of sockets) socket.destroy();
  for (const server of servers) server.close();
  await proxy?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const overheard = {
  ...ownRandom,
  value(wanted: Generator) {
    const value = ownRandom.value(wanted);
    void value.use(async (bytes) => void made.add(bytes.toString()));
    return value;
  },
};

function overheardRotators(): Rotators {
  const heard = <Given extends unknown[], T>(call: (...given: Given) => Promise<T>) => {
    return (...given: Given) => call(...given).catch(keep);
  };
  const { check, set, test, finish } = ownRotators;
  return { check: heard(check), set: heard(set), test: heard(test), finish: heard(finish) };
}

function keep(error: unknown): never {
  errors.push(error);
  throw error;
}

function permitOf<A extends Action>(action: A, subject: SubjectOf<A>): Permit<A> {
  return found(decide(actor, action, subject));
}

function loginsOf(name: string): [string, string] {
  return [`${name}_a`, `${name}_b`];
}

type Made = {
  rotatorId: string;
  name: string;
  logins: [string, string];
  asLogin(login: string, password: string): string;
};

/** Logins of its own at the database, of which the first has the password `first`, and the rotator of them. */
async function addDatabase(wanted: { logins: 1 | 2; port?: number }): Promise<Made> {
  const tag = randomBytes(4).toString("hex");
  const [name, user, logins] = [`db-${tag}`, `skep_${tag}`, loginsOf(`app_${tag}`)];
  const own = randomBytes(18).toString("base64url");
  writeFileSync(join(folder, user), own);
  await postgres.asSuperuser(`
    CREATE ROLE ${user} LOGIN CREATEROLE PASSWORD '${own}';
    CREATE ROLE ${logins[0]} LOGIN PASSWORD 'first'; CREATE ROLE ${logins[1]} LOGIN;
    GRANT ${logins.join(", ")} TO ${user} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`);
  const settings = rotatorSettings.parse({
    kind: "postgresql",
    host: "localhost",
    port: wanted.port ?? postgres.port,
    database: "postgres",
    user,
    credential: user,
    usesTls: false,
    logins: logins.slice(0, wanted.logins),
    allowsPrivateAddresses: true,
  });
  const asLogin = (login: string, password: string) =>
    `postgresql://${login}:${password}@localhost:${postgres.port}/postgres`;
  return { ...(await add(name, settings)), logins, asLogin };
}

async function add(name: string, settings: RotatorSettings): Promise<{ rotatorId: string; name: string }> {
  const { id } = await addRotator(permitOf("rotator.edit", {}), { name, settings, generator });
  return { rotatorId: id, name };
}

function attach({ secretId }: Secret, { rotatorId }: { rotatorId: string }, login: string, written = template) {
  return attachSecret(permitOf("secret.attach", { secretId }), { rotatorId, template: written, login });
}

/** Begins it as a person does who has looked at the plan. */
async function begin({ secretId }: Secret, soakSeconds = 1): Promise<string> {
  const input = rotateInput.parse({ secretId, source: "rotator", soakSeconds });
  const { fingerprint } = await planRotate(actor, input);
  return (await rotateSecret(permitOf("secret.rotate", { secretIds: [secretId] }), { ...input, fingerprint })).id;
}

async function rotated(secret: Secret): Promise<Operation> {
  return ended(stage, await begin(secret));
}

type Sent = { name: string; value: string };

/** What the Swarm got, by what each object is called; what was there from the beginning is not among it. */
function objectsMade(): Sent[] {
  return proxy.requests().flatMap(({ path, body }) => {
    if (path !== "/secrets/create") return [];
    const { Name: name, Data } = JSON.parse(body.toString()) as { Name: string; Data: string };
    return name.endsWith("_v1") ? [] : [{ name, value: Buffer.from(Data, "base64").toString() }];
  });
}

function valueIn(objectName: string): string {
  return found(objectsMade().findLast(({ name }) => name === objectName)).value;
}

/** Of what is written by the usual template here. */
function passwordIn(objectName: string): string {
  return valueIn(objectName).split(" ").at(-1) ?? "";
}

async function whoSignsIn(url: string): Promise<string | undefined> {
  const sql = "SELECT current_user AS who";
  return connectAs(url, async (client) => (await client.query<{ who: string }>(sql)).rows[0]?.who);
}

const versionsOf = ({ secretId }: Secret) =>
  stage.database.version.findMany({ where: { secretId }, orderBy: { number: "asc" } });

async function stateOf(secret: Secret): Promise<string[]> {
  return (await versionsOf(secret)).map(({ objectName, state, login }) => `${objectName} ${state} ${login}`);
}

type Told = { type: string; call?: { call: string } };

async function history(operationId?: string): Promise<Told[]> {
  const where = operationId === undefined ? {} : { operationId };
  const rows = await stage.database.auditEvent.findMany({ where, orderBy: { sequence: "asc" } });
  return rows.map(({ body }) => JSON.parse(Buffer.from(body).toString()).detail);
}

async function listening(server: Server): Promise<number> {
  servers.push(server);
  server.on("connection", (socket) => {
    sockets.add(socket.on("error", () => undefined));
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, "localhost");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

type Call = { step: string; operation: string; generation: number; login: string; password?: string };

/** Between Skep and the receiver: hears the calls, and answers in its own way where it is told to. */
async function receiverBehind(prefix: string) {
  const calls: Call[] = [];
  let behaviour: Behaviour | null = null;
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    const call: Call = JSON.parse(body.toString());
    if (call.step !== "check") calls.push(call);
    const echo = { "content-type": "application/json", server: `${call.password}` };
    const isSet = call.step === "set";
    if (behaviour === "away" && call.step !== "check") return void request.socket.destroy();
    if (behaviour === "refuses" && isSet) return void response.writeHead(422, echo).end(body);
    if (behaviour === "fails" && isSet) return void response.writeHead(500, `${call.password}`, echo).end(body);
    if (behaviour === "malformed" && !isSet)
      return void response.writeHead(200, echo).end(`{"accepted":"${call.password}`);
    if (behaviour === "contradicts" && !isSet) return void response.writeHead(200, echo).end('{"accepted":false}');
    const headers = Object.fromEntries(
      Object.entries(request.headers).filter(([name]) => name.startsWith("webhook-")),
    ) as Record<string, string>;
    const answer = await fetch(receiver.address, { method: "POST", headers, body });
    response.writeHead(answer.status, { "content-type": "application/json" }).end(await answer.text());
  });
  const address = `http://localhost:${await listening(server)}/rotate`;
  const logins = loginsOf(prefix);
  const reach = { credential: "receiver_key", allowsPrivateAddresses: true };
  const settings = rotatorSettings.parse({ kind: "http", address, logins, ...reach });
  const behave = (as: Behaviour | null) => {
    behaviour = as;
  };
  return { settings, logins, calls, behave };
}

/** Between Skep and the database: passes on, until it asks for a password and sends back what it then gets. */
async function databaseBehindGarbage() {
  let isGarbage = false;
  const server = createTcpServer((socket) => {
    if (isGarbage) {
      const scram = Buffer.from("R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0", "latin1");
      socket.once("data", () => socket.on("data", (chunk) => socket.write(chunk)).write(scram));
      return;
    }
    const behind = connect(postgres.port, "localhost").on("error", () => socket.destroy());
    sockets.add(behind);
    socket.pipe(behind).pipe(socket);
  });
  const port = await listening(server);
  return {
    port,
    answerGarbage() {
      isGarbage = true;
    },
  };
}

describe("the password of a database with two logins", () => {
  it("is in the Swarm before it is set, and is that of the other login: with what services got, it lets them in", async () => {
    const secret = await adopt(stage);
    const services = await makeRunning(stage, secret, 2);
    const { logins, ...database } = await addDatabase({ logins: 2 });
    const [a, b] = logins;
    await attach(
      secret,
      database,
      a,
      `postgresql://{{user | url}}:{{password | url}}@localhost:${postgres.port}/postgres`,
    );
    const operation = await rotated(secret);
    expect(operation.outcome).toBe("done");
    for (const service of services) expect(await named(stage, service)).toEqual([`${secret.name}_v2`]);
    expect(await stateOf(secret)).toEqual([`${secret.name}_v1 previous ${a}`, `${secret.name}_v2 current ${b}`]);
    const calls = (await history(operation.id)).flatMap(({ type, call }) => (call ? [`${type} ${call.call}`] : []));
    expect(calls.slice(0, 5)).toEqual([
      "call.intended secret.create",
      "call.ended secret.create",
      "call.intended rotator.set",
      "call.ended rotator.set",
      "call.intended service.update",
    ]);
    expect(await whoSignsIn(valueIn(`${secret.name}_v2`))).toBe(b);
    expect(await whoSignsIn(database.asLogin(a, "first"))).toBe(a);
  });

  it("goes into all that is attached in one operation, and each service is moved once", async () => {
    const [user, password] = [await adopt(stage), await adopt(stage)];
    const [service] = await makeRunning(stage, user, 1);
    await anotherHand(stage, found(service), (text) => withSecret(text, password));
    await until(async () => {
      return (await stage.gateway.findService(found(service).id))?.update?.state === "completed";
    });
    const { logins, ...database } = await addDatabase({ logins: 2 });
    await attach(user, database, logins[0], "{{user}}");
    await attach(password, database, logins[0], "{{password}}");
    const alone = rotateInput.parse({ secretId: password.secretId, source: "rotator" });
    await expect(planRotate(actor, alone)).rejects.toThrow("Rotate them together");
    const before = made.size;
    const secretIds = [user.secretId, password.secretId];
    const secrets = secretIds.map((secretId) => ({ secretId, source: "rotator" }));
    const input = groupInput.parse({ secrets, soakSeconds: 1 });
    const { fingerprint } = await planGroup(actor, input);
    const { id } = await rotateGroup(permitOf("secret.rotate", { secretIds }), { ...input, fingerprint });
    expect((await ended(stage, id)).outcome).toBe("done");
    expect(await sent(stage, id)).toMatchObject({ create: 2, move: 1 });
    expect((await named(stage, found(service))).toSorted()).toEqual(
      [`${user.name}_v2`, `${password.name}_v2`].toSorted(),
    );
    expect(made.size).toBe(before + 1);
    const login = valueIn(`${user.name}_v2`);
    expect(login).toBe(logins[1]);
    expect(await whoSignsIn(database.asLogin(login, valueIn(`${password.name}_v2`)))).toBe(login);
  });

  it("is not set where the right was taken away: nothing moves, and the version before it stays the current one", async () => {
    const secret = await adopt(stage);
    const [service] = await makeRunning(stage, secret, 1);
    const { logins, ...database } = await addDatabase({ logins: 2 });
    const [a, b] = logins;
    await attach(secret, database, a);
    const own = `skep_${database.name.slice("db-".length)}`;
    await postgres.asSuperuser(`REVOKE ${b} FROM ${own}`);
    const operation = await rotated(secret);
    expect(operation.outcome).toBe("failed-nothing-changed");
    const { summary } = viewOf(operation, actor);
    expect(summary).toContain(`${database.name} does not let ${own} set the password of ${b}.`);
    expect(await named(stage, found(service))).toEqual([`${secret.name}_v1`]);
    expect(await sent(stage, operation.id)).not.toHaveProperty("move");
    const current = (await versionsOf(secret)).filter(({ state }) => state === "current");
    expect(current.map(({ objectName }) => objectName)).toEqual([`${secret.name}_v1`]);
    expect(await whoSignsIn(database.asLogin(a, "first"))).toBe(a);
  });

  it("that has leaked works no more at the end of an emergency", async () => {
    const secret = await adopt(stage);
    await makeRunning(stage, secret, 1);
    const { secretId } = secret;
    const { logins, ...database } = await addDatabase({ logins: 2 });
    const [a, b] = logins;
    await attach(secret, database, a);
    const asked = { secretId, source: "rotator", oldStaysValid: "no", soakSeconds: 1, isStackConfirmed: "on" };
    const input = emergencyInput.parse({ ...asked, reason: "it was in a screenshot" });
    const { fingerprint } = await planEmergency(actor, input);
    const permit = permitOf("secret.rotate-emergency", { secretId });
    const { id } = await rotateInEmergency(permit, { ...input, fingerprint });
    const operation = await ended(stage, id);
    expect(operation.outcome).toBe("done");
    await expect(whoSignsIn(database.asLogin(a, "first"))).rejects.toMatchObject({ code: "28P01" });
    expect(await whoSignsIn(database.asLogin(b, passwordIn(`${secret.name}_v2`)))).toBe(b);
  });
});

describe("the password of a database with one login", () => {
  it("goes forward only once it was set, and the end tells for how long the old one did not work", async () => {
    const secret = await adopt(stage);
    const [service] = await makeRunning(stage, secret, 1);
    const { logins, rotatorId, asLogin } = await addDatabase({ logins: 1 });
    const [a] = logins;
    await attach(secret, { rotatorId }, a);
    const id = await begin(secret, 10);
    const operation = await until(async () => {
      const now = found(await stage.ports.store.find(id));
      return findStep(now, "set", rotatorId)?.state === "done" && now;
    });
    expect(operation.state).toBe("open");
    const sentence = "this can only go on to its end";
    await expect(requestStop(permitOf("operation.stop", { operationId: id }))).rejects.toThrow(sentence);
    const undo = permitOf("operation.undo", { operationId: id, kind: "rotate" });
    await expect(requestUndo(undo)).rejects.toThrow(sentence);
    expect(viewOf(operation, actor).can).toEqual([]);
    const end = await ended(stage, id);
    expect(end.outcome).toBe("done");
    expect(viewOf(end, actor).summary).toMatch(/The old password at [\w-]+ did not work for \d+/);
    expect(await named(stage, found(service))).toEqual([`${secret.name}_v2`]);
    await expect(whoSignsIn(asLogin(a, "first"))).rejects.toMatchObject({ code: "28P01" });
    expect(await whoSignsIn(asLogin(a, passwordIn(`${secret.name}_v2`)))).toBe(a);
  });
});

describe("a receiver", () => {
  it("is told to set, test and finish, with the operation and a generation that rises from one to the next", async () => {
    const secret = await adopt(stage);
    await makeRunning(stage, secret, 1);
    const { settings, logins, calls } = await receiverBehind("shop");
    const [a, b] = logins;
    await attach(secret, await add("shop", settings), a);
    const first = await rotated(secret);
    const second = await rotated(secret);
    expect([first.outcome, second.outcome]).toEqual(["done", "done"]);
    const steps = (id: string, login: string, oldLogin: string) => [
      { step: "set", operation: id, login },
      { step: "test", operation: id, login },
      { step: "finish", operation: id, login, oldLogin, locksOld: false },
    ];
    expect(calls).toMatchObject([...steps(first.id, b, a), ...steps(second.id, a, b)]);
    const generations = calls.map(({ generation }) => generation);
    expect(generations).toEqual(generations.toSorted((one, other) => one - other));
    expect(calls[3]?.generation).toBeGreaterThan(calls[2]?.generation ?? Number.NaN);
    const [v2, v3] = [passwordIn(`${secret.name}_v2`), passwordIn(`${secret.name}_v3`)];
    const passwords = calls.map(({ password }) => password);
    expect(passwords).toEqual([v2, v2, undefined, v3, v3, undefined]);
  });
});

/** Where one of these is found of all that Skep keeps, logs, shows or fails with, and what the other sides wrote. */
async function whereFound(values: Iterable<string>): Promise<string[]> {
  const wanted = [...values];
  const operations = await stage.database.operation.findMany({ select: { id: true } });
  const found = await Promise.all(operations.map(({ id }) => stage.ports.store.find(id)));
  const views = found.flatMap((operation) => (operation ? [JSON.stringify(viewOf(operation, actor))] : []));
  const places: Record<string, string[]> = {
    Postgres: await everyRow(),
    "the history": (await history()).map((detail) => JSON.stringify(detail)),
    "the log": logged,
    "a view": views,
    "an error": errors.map(wholeText),
    "the database's log": [await postgres.log()],
  };
  return Object.keys(places).filter((place) => places[place]?.some((text) => holdsAny(text, wanted)));
}

/** Of every table that there is. Bytes are in it as hexadecimal digits. */
async function everyRow(): Promise<string[]> {
  const tables = await db.asOwner<{ name: string }>(
    "SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public'",
  );
  const all = tables.map(({ name }) => `SELECT t::text AS row FROM ${name} t`).join(" UNION ALL ");
  return (await db.asOwner<{ row: string }>(all)).map(({ row }) => row);
}

describe("no password that was ever made", () => {
  it.each(misbehaving.map((each) => [behaviours[each][0], each] as const))(
    "is found where a receiver %s",
    async (_, each) => {
      const secret = await adopt(stage);
      const { settings, logins, calls, behave } = await receiverBehind(each);
      const { rotatorId } = await add(each, settings);
      await attach(secret, { rotatorId }, logins[0]);
      behave(each);
      await failed(secret, behaviours[each][1]);
      await checkRotator(permitOf("rotator.edit", {}), rotatorId).catch((error: unknown) => errors.push(error));
      const passwords = calls.flatMap(({ password }) => password ?? []);
      expect(passwords.length).toBeGreaterThan(0);
      for (const password of passwords) expect([...made]).toContain(password);
      expect(await whereFound(made)).toEqual([]);
    },
  );

  it("is found where the database answers with garbage", async () => {
    const secret = await adopt(stage);
    const { port, answerGarbage } = await databaseBehindGarbage();
    const { logins, ...database } = await addDatabase({ logins: 2, port });
    await attach(secret, database, logins[0]);
    answerGarbage();
    await failed(secret, "answered in a way that Skep does not understand");
    expect(await whereFound(made)).toEqual([]);
  });

  it("is found anywhere after all of this; one that is planted is found in each place", async () => {
    const values = [...made, ...objectsMade().map(({ value }) => value)].filter((value) => value.length >= 24);
    expect(values.length).toBeGreaterThan(15);
    expect(await whereFound(values)).toEqual([]);
    expect(await whereFound(["SCRAM-SHA-256$"])).toEqual(["the database's log"]);
    const planted = randomBytes(18).toString("base64url");
    const { settings, logins, behave } = await receiverBehind("shop");
    const secret = await adopt(stage);
    const { rotatorId } = await add(planted, settings);
    await attach(secret, { rotatorId }, logins[0]);
    behave("refuses");
    await failed(secret, behaviours.refuses[1]);
    await postgres.asSuperuser(`SELECT '${planted}'`);
    expect(await whereFound([planted])).toEqual([
      "Postgres",
      "the history",
      "the log",
      "a view",
      "an error",
      "the database's log",
    ]);
  });
});

/** It fails at the other side, and nothing has come of it. */
async function failed(secret: Secret, because: string): Promise<void> {
  const operation = await rotated(secret);
  expect(operation.outcome).toBe("failed-nothing-changed");
  expect(viewOf(operation, actor).summary).toContain(because);
  const current = (await versionsOf(secret)).filter(({ state }) => state === "current");
  expect(current.map(({ objectName }) => objectName)).toEqual([secret.objectName]);
}

/** The spec with one more secret, as somebody's update would add it. */
function withSecret(text: string, { objectId, objectName }: Secret): string {
  const spec = JSON.parse(text);
  const File = { Name: objectName, UID: "0", GID: "0", Mode: 0o444 };
  spec.TaskTemplate.ContainerSpec.Secrets.push({ File, SecretID: objectId, SecretName: objectName });
  return JSON.stringify(spec);
}
