import { beforeEach, expect, test } from "vitest";
import { configureFor, samplePerson } from "#lib/auth/sample.ts";
import { type TestDatabase, testDatabase } from "#lib/db/test-database.ts";
import { readRecords } from "#lib/grants/records.ts";
import { decide, type Permit } from "#lib/policy/permit.ts";
import type { Person } from "#lib/policy/schema.ts";
import { attachSecret, detachSecret, writingExample } from "./attach.ts";

const clusterId = "c1";
const json = '{"username":{{user | json}},"password":{{password | json}}}';
let db: TestDatabase;
let administrator: Person;

beforeEach(async () => {
  db = await testDatabase();
  configureFor(db.url);
  administrator = await samplePerson(db.database, { role: "administrator" });
  await rotator("two", ["app_a", "app_b"]);
  await rotator("bare", []);
  await secret("db");
});

async function rotator(id: string, logins: string[]): Promise<void> {
  const settings = { kind: "http", address: "https://partner.example", credential: "key", logins };
  await db.database.rotator.create({ data: { id, name: id, settings, generator, createdBy: "ada" } });
}

const generator = { type: "password", alphabet: "letters-digits", length: 32 };

/** With a current version, an older one and one that was removed. */
async function secret(id: string): Promise<void> {
  const states = ["removed", "previous", "current"];
  const versions = states.map((state, place) => {
    return { id: `${id}-${state}`, clusterId, number: place + 1, objectName: `${id}_v${place + 1}`, state };
  });
  await db.database.secret.create({ data: { id, clusterId, name: id, versions: { create: versions } } });
}

function permitOf<A extends "secret.attach" | "secret.detach">(action: A, secretId: string): Permit<A> {
  const permit = decide(administrator, action, { secretId } as never);
  if (!permit) throw new Error("no permit");
  return permit as Permit<A>;
}

const attach = (over: { secretId?: string; rotatorId?: string; template?: string; login?: string | null } = {}) => {
  const { secretId = "db", rotatorId = "two", template = json, login = "app_a" } = over;
  return attachSecret(permitOf("secret.attach", secretId), { rotatorId, template, login });
};
const detach = (secretId = "db") => detachSecret(permitOf("secret.detach", secretId));

const record = async (id = "db") => (await readRecords(clusterId, { id }))[0];
const marks = async (id = "db") =>
  Object.fromEntries(
    ((await record(id))?.versions ?? []).map(({ state, rotatorId, login }) => [state, [rotatorId, login]]),
  );

async function told() {
  const rows = await db.database.auditEvent.findMany({ orderBy: { sequence: "asc" } });
  return rows.map(({ body }) => JSON.parse(Buffer.from(body).toString("utf8")).detail);
}

/** An operation that is open, or was. */
async function operate(secretId: string, isOpen: boolean): Promise<void> {
  const id = `operation-${secretId}-${isOpen}`;
  const state = isOpen ? "open" : "ended";
  await db.database.operation.create({
    data: { id, clusterId, kind: "rotate", state, plan: {}, actor: {}, secrets: { create: { secretId, isOpen } } },
  });
}

/** Refused with one sentence, and nothing was written. */
async function refused(work: () => Promise<void>, expected: { code?: string; field?: string; says: string }) {
  const before = [await told(), await db.database.attachment.findMany(), await db.database.version.findMany()];
  const { says, ...rest } = expected;
  await expect(work()).rejects.toMatchObject({ ...rest, publicMessage: expect.stringContaining(says) });
  expect([await told(), await db.database.attachment.findMany(), await db.database.version.findMany()]).toEqual(before);
}

test("an attached secret's record says how it is written, and all of its versions whose password they have", async () => {
  await attach();
  expect((await record())?.attachment).toEqual({
    rotatorId: "two",
    rotatorName: "two",
    kind: "http",
    settings: expect.objectContaining({ logins: ["app_a", "app_b"] }),
    generator,
    template: json,
    together: [{ id: "db", name: "db" }],
  });
  expect(await marks()).toEqual({ current: ["two", "app_a"], previous: ["two", "app_a"], removed: [null, null] });
  const named = { secret: { id: "db", name: "db" }, rotator: { id: "two", name: "two" } };
  expect(await told()).toEqual([{ type: "secret.attached", ...named, login: "app_a" }]);
});

test("detached, it keeps the marks: the password is that login's all the same", async () => {
  await attach();
  await detach();
  expect((await record())?.attachment).toBeNull();
  expect((await marks()).current).toEqual(["two", "app_a"]);
  expect((await told()).at(-1)).toMatchObject({
    type: "secret.detached",
    secret: { id: "db" },
    rotator: { id: "two" },
  });
  await refused(() => detach(), { code: "not-found", says: "attached to no rotator" });
});

test("attached again with another login, its older versions keep the one that they had here", async () => {
  await attach();
  await detach();
  await attach({ login: "app_b" });
  expect(await marks()).toMatchObject({ current: ["two", "app_b"], previous: ["two", "app_a"] });
  await detach();
  await attach({ rotatorId: "bare", template: "{{password}}", login: null });
  expect(await marks()).toMatchObject({ current: ["bare", null], previous: ["bare", null] });
});

test("without logins, its versions have none", async () => {
  await attach({ rotatorId: "bare", template: "{{password}}", login: null });
  expect((await marks()).current).toEqual(["bare", null]);
});

test.each([
  ["{{password}} of {{host}}", "and not host"],
  ["no field", "Write each field"],
  ["{{password | shout}}", "not as shout"],
  ["{{password", "Write each field"],
])("the template %s is refused beside its field", async (template, says) => {
  await refused(() => attach({ template }), { code: "invalid-input", field: "template", says });
});

test("a user's name is not written where the rotator has no logins", async () => {
  const bare = { rotatorId: "bare", login: null };
  await refused(() => attach({ ...bare, template: json }), { field: "template", says: "no logins" });
});

test.each([
  ["two", null],
  ["two", "app_c"],
  ["bare", "app_a"],
])("of %s, the login %s of the present value is refused", async (rotatorId, login) => {
  const given = { rotatorId, login, template: "{{password}}" };
  await refused(() => attach(given), { code: "invalid-input", field: "login", says: "ogin" });
});

test("a secret has one origin: bound or attached already, it is refused", async () => {
  await attach();
  await refused(() => attach({ rotatorId: "bare", login: null, template: "{{password}}" }), {
    code: "busy",
    says: "attached to the rotator two",
  });
  await secret("bound");
  await db.database.source.create({ data: { id: "config", name: "config", settings: {}, createdBy: "ada" } });
  const binding = { sourceId: "config", path: "shop/db", take: {}, mode: "after-yes", boundBy: "ada" };
  await db.database.binding.create({ data: { secretId: "bound", ...binding } });
  await refused(() => attach({ secretId: "bound" }), { code: "busy", says: "bound to shop/db at config" });
});

test("what is gone is not attached: a secret that was retired or never was, a rotator that was removed", async () => {
  await refused(() => attach({ rotatorId: "gone" }), {
    code: "not-found",
    field: "rotatorId",
    says: "no such rotator",
  });
  await refused(() => attach({ secretId: "never" }), { code: "not-found", says: "does not know" });
  await db.database.secret.update({ where: { id: "db" }, data: { removedAt: new Date() } });
  await refused(() => attach(), { code: "not-found", says: "was retired" });
});

test("while an operation holds it, or another secret of the rotator, it is neither attached nor detached", async () => {
  await secret("other");
  await operate("db", false);
  await attach();
  await operate("db", true);
  await refused(() => attach({ secretId: "other" }), { code: "busy", field: "rotatorId", says: "A secret of two" });
  await refused(() => detach(), { code: "busy", says: "db is in an operation" });
  await operate("other", true);
  await refused(() => attach({ secretId: "other", rotatorId: "bare", login: null, template: "{{password}}" }), {
    code: "busy",
    says: "other is in an operation",
  });
});

test("all secrets of one rotator have the password of one login", async () => {
  await attach({ login: "app_b" });
  await secret("other");
  await refused(() => attach({ secretId: "other", login: "app_a" }), {
    code: "busy",
    field: "login",
    says: "has app_b",
  });
  await attach({ secretId: "other", login: "app_b" });
  await secret("third");
  await db.database.secret.updateMany({ where: { id: { in: ["db", "other"] } }, data: { removedAt: new Date() } });
  await attach({ secretId: "third", login: "app_a" });
});

test("attached twice at the same moment, it is attached once", async () => {
  const outcomes = await Promise.allSettled([
    attach(),
    attach({ rotatorId: "bare", login: null, template: "{{password}}" }),
  ]);
  expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  expect(await told()).toHaveLength(1);
});

test("an example shows what a template makes, of values that nobody has", () => {
  const permit = permitOf("secret.attach", "db");
  const example = (template: string) => writingExample(permit, template);
  expect(example(json)).toBe('{"username":"app_a","password":"••••"}');
  expect(example("postgresql://{{user | url}}:{{password | url}}@db/shop")).toBe("postgresql://app_a:••••@db/shop");
  expect(example("{{password | base64}}")).toBe("••••");
  expect(example("db:5432:shop:{{user | pgpass}}:{{password | pgpass}}\n")).toBe("db:5432:shop:app_a:••••\n");
  expect(() => example("{{host}}")).toThrow("and not host");
});

test("a secret of which a service has an older version is not attached to two logins: nobody knows whose that is", async () => {
  await db.database.version.update({ where: { id: "db-previous" }, data: { objectId: "object-old" } });
  const grant = { clusterId, secretId: "db", serviceId: "s", serviceName: "shop_api", objectId: "object-old" };
  const mounted = { target: "db", path: "/run/secrets/db", uid: "0", gid: "0", mode: 0o444 };
  await db.database.grant.create({ data: { id: "g", ...grant, ...mounted } });
  await refused(attach, { code: "busy", field: "rotatorId", says: "shop_api still has an older version of db" });
  await rotator("one", ["app_a"]);
  await attach({ rotatorId: "one" });
  await detach();
  // Whose it was is known from then on, by that rotator alone.
  await refused(attach, { code: "busy", says: "shop_api still has an older version" });
});
