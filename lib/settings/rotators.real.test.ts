import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { configureFor, samplePerson } from "#lib/auth/sample.ts";
import { type TestDatabase, testDatabase } from "#lib/db/test-database.ts";
import type { Generator } from "#lib/generate/schema.ts";
import { decide, type Permit } from "#lib/policy/permit.ts";
import { type Receiver, startReceiver } from "#lib/rotators/doubles/receiver.ts";
import { type RotatorSettings, rotatorSettings } from "#lib/rotators/schema.ts";
import { withRotator } from "./opened-rotators.ts";
import { listRotators } from "./rotator-queries.ts";
import { rotatorText } from "./rotator-text.ts";
import { addRotator, changeRotator, checkRotator, removeRotator } from "./rotators.ts";

const folder = mkdtempSync(join(tmpdir(), "skep-credentials-"));
process.env.SKEP_CREDENTIAL_DIR = folder;
const generator: Generator = { type: "password", alphabet: "letters-digits", length: 32 };
const name = "shop";
let receiver: Receiver;
let db: TestDatabase;
let edit: Permit<"rotator.edit">;
let read: Permit<"rotator.read">;

beforeAll(async () => {
  const key = `whsec_${randomBytes(32).toString("base64")}`;
  writeFileSync(join(folder, "shop_key"), key);
  receiver = await startReceiver({ keys: [key], logins: ["app_a", "app_b", "app_c"] });
});
afterAll(async () => {
  await receiver?.stop();
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  db = await testDatabase();
  configureFor(db.url);
  const administrator = await samplePerson(db.database, { role: "administrator" });
  const permits = [decide(administrator, "rotator.edit", {}), decide(administrator, "rotator.read", {})] as const;
  if (!permits[0] || !permits[1]) throw new Error("no permit");
  [edit, read] = permits;
});

function settingsOf(logins: string[], over: object = {}): RotatorSettings {
  const { address } = receiver;
  const kind = { kind: "http", address, credential: "shop_key", allowsPrivateAddresses: true };
  return rotatorSettings.parse({ ...kind, logins, ...over });
}

const two = () => ({ name, settings: settingsOf(["app_a", "app_b"]), generator });

/** As far as Skep can tell, at another place. */
function elsewhere() {
  const address = receiver.address.replace("127.0.0.1", "localhost");
  return { ...two(), settings: settingsOf(["app_a", "app_b"], { address }) };
}

async function told(): Promise<{ type: string; what: string }[]> {
  const rows = await db.database.auditEvent.findMany({ orderBy: { sequence: "asc" } });
  return rows.map(({ body }) => JSON.parse(Buffer.from(body).toString("utf8")).detail);
}

/** A secret that is attached, whose current version has that login. */
async function attached(rotatorId: string, login: string | null, state = "current"): Promise<void> {
  const id = `secret-${login}-${state}`;
  await db.database.secret.create({
    data: {
      id,
      clusterId: "c1",
      name: id,
      attachment: { create: { rotatorId, template: "{{password}}", attachedBy: "ada" } },
      versions: {
        create: { id: `v-${id}`, clusterId: "c1", number: 1, objectName: `${id}_v1`, state, rotatorId, login },
      },
    },
  });
}

test("a rotator is tried out before it is saved: one that says no leaves nothing behind", async () => {
  const unknown = { ...two(), settings: settingsOf(["nobody"]) };
  await expect(addRotator(edit, unknown)).rejects.toMatchObject({ code: "rotator-no-login" });
  const keyless = { ...two(), settings: settingsOf(["app_a"], { credential: "not_there" }) };
  await expect(addRotator(edit, keyless)).rejects.toMatchObject({ code: "rotator-sign-in" });
  expect(await listRotators(read)).toEqual([]);
  expect(await told()).toEqual([]);
  const { id } = await addRotator(edit, two());
  expect(await checkRotator(edit, id)).toMatchObject({ login: "app_a, app_b" });
  await expect(changeRotator(edit, id, unknown)).rejects.toMatchObject({ code: "rotator-no-login" });
  expect(await listRotators(read)).toMatchObject([{ id, ...two() }]);
});

test("the history says where passwords are set, and where they were set before", async () => {
  const before = settingsOf(["app_a"]);
  const after = settingsOf(["app_a", "app_b"], { keepsOld: true });
  const { id } = await addRotator(edit, { ...two(), settings: before });
  await changeRotator(edit, id, { ...two(), settings: after });
  await changeRotator(edit, id, { name: "renamed", settings: after, generator: { type: "uuid" } });
  await removeRotator(edit, id);
  const [was, is] = [rotatorText(before), rotatorText(after)];
  expect(was).not.toBe(is);
  expect(await told()).toMatchObject([
    { type: "rotator.added", what: was },
    { type: "rotator.changed", what: `${is}; before: ${was}` },
    { type: "rotator.changed", what: is },
    { type: "rotator.removed", what: is },
  ]);
  expect(await listRotators(read)).toEqual([]);
});

test("a name is taken whatever its case, and a kind is kept", async () => {
  const { id } = await addRotator(edit, two());
  await expect(addRotator(edit, { ...elsewhere(), name: "SHOP" })).rejects.toMatchObject({
    code: "name-taken",
    field: "name",
  });
  await db.database.rotator.update({ where: { id }, data: { settings: { kind: "postgresql" } } });
  await expect(changeRotator(edit, id, two())).rejects.toMatchObject({ field: "kind" });
});

test("a login is one rotator's: another one at the same place is not let set it, be it new or changed", async () => {
  await addRotator(edit, { ...two(), settings: settingsOf(["app_a"]) });
  await expect(addRotator(edit, { ...two(), name: "again" })).rejects.toMatchObject({
    field: "login",
    publicMessage: expect.stringContaining("shop sets the password of app_a at the same place"),
  });
  const { id } = await addRotator(edit, { ...two(), name: "other", settings: settingsOf(["app_b"]) });
  await expect(changeRotator(edit, id, { ...two(), name: "other" })).rejects.toMatchObject({ field: "login" });
  await changeRotator(edit, id, { ...elsewhere(), name: "other" });
});

test("another address is refused while secrets are attached, unless it is said to be one of the same server", async () => {
  const { id } = await addRotator(edit, two());
  await changeRotator(edit, id, elsewhere());
  await attached(id, "app_a");
  await expect(changeRotator(edit, id, two())).rejects.toMatchObject({ code: "busy", field: "isSameServer" });
  await changeRotator(edit, id, { ...elsewhere(), name: "renamed" });
  await changeRotator(edit, id, { ...two(), isSameServer: true });
  expect(await listRotators(read)).toMatchObject([{ id, settings: two().settings }]);
});

test("a login that a living version of an attached secret has stays in the list", async () => {
  const { id } = await addRotator(edit, two());
  await attached(id, "app_a");
  await attached(id, "app_b", "previous");
  await attached(id, "app_c", "removed");
  const change = (logins: string[]) => changeRotator(edit, id, { ...two(), settings: settingsOf(logins) });
  for (const [logins, lost] of [
    [["app_a"], "app_b"],
    [["app_b", "app_c"], "app_a"],
  ] as const) {
    await expect(change([...logins])).rejects.toMatchObject({
      code: "busy",
      field: "login",
      publicMessage: expect.stringContaining(`has the login ${lost}`),
    });
  }
  await db.database.version.updateMany({ where: { state: "previous" }, data: { state: "removed" } });
  await change(["app_a"]);
  await change(["app_c", "app_a"]);
});

test("where values have no login, none is named as long as secrets are attached", async () => {
  const { id } = await addRotator(edit, two());
  await attached(id, null);
  await expect(changeRotator(edit, id, two())).rejects.toMatchObject({ code: "busy", field: "login" });
  await db.database.attachment.deleteMany();
  await changeRotator(edit, id, two());
});

test("it is not removed as long as a secret is attached; of a secret that was retired it is", async () => {
  const { id } = await addRotator(edit, two());
  await attached(id, "app_a");
  await expect(removeRotator(edit, id)).rejects.toMatchObject({
    code: "busy",
    publicMessage: "1 secret is attached to shop. Detach it first.",
  });
  await db.database.secret.updateMany({ data: { removedAt: new Date() } });
  await removeRotator(edit, id);
  expect(await db.database.attachment.count()).toBe(0);
});

test("the list tells which secrets are attached, and which login each has", async () => {
  const { id } = await addRotator(edit, two());
  await attached(id, "app_b");
  expect(await listRotators(read)).toMatchObject([
    { secrets: [{ id: "secret-app_b-current", template: "{{password}}", login: "app_b" }] },
  ]);
});

test("a rotator whose settings nobody understands takes away no other, is entered anew, and is removed", async () => {
  const { id } = await addRotator(edit, two());
  await addRotator(edit, { ...elsewhere(), name: "whole" });
  await db.database.rotator.update({ where: { id }, data: { settings: { kind: "http", address: "nowhere" } } });
  expect(await listRotators(read)).toMatchObject([
    { name, kind: "http", settings: null, text: "settings that Skep does not understand" },
    { name: "whole", settings: elsewhere().settings },
  ]);
  await expect(checkRotator(edit, id)).rejects.toMatchObject({
    publicMessage: expect.stringContaining("not complete"),
  });
  await changeRotator(edit, id, two());
  await checkRotator(edit, id);
  await db.database.rotator.update({ where: { id }, data: { settings: { kind: "of a newer Skep" } } });
  await removeRotator(edit, id);
  expect((await told()).at(-1)?.what).toBe("settings that Skep does not understand");
});

test("a password that is longer than drivers take is refused beside its field", async () => {
  const long: Generator = { type: "hex", bytes: 501 };
  await expect(addRotator(edit, { ...two(), generator: long })).rejects.toMatchObject({ field: "generator.bytes" });
  await addRotator(edit, { ...two(), generator: { type: "hex", bytes: 500 } });
});

test("one that was removed cannot be opened any more", async () => {
  const { id } = await addRotator(edit, two());
  await removeRotator(edit, id);
  await expect(withRotator(id, async () => undefined)).rejects.toMatchObject({ code: "not-found" });
  await expect(removeRotator(edit, id)).rejects.toMatchObject({ code: "not-found" });
});

test("where it is does not change while a password is being set; one that waits for a person may need just that", async () => {
  const { id } = await addRotator(edit, two());
  await attached(id, "app_a");
  const secretId = (await db.database.attachment.findFirstOrThrow()).secretId;
  const secrets = { create: { secretId } };
  const operation = { id: "o", clusterId: "c1", kind: "rotate", state: "open", plan: {}, actor: {}, secrets };
  await db.database.operation.create({ data: operation });
  const changed = { ...two(), settings: settingsOf(["app_a", "app_b"], { keepsOld: true }) };
  await expect(changeRotator(edit, id, changed)).rejects.toMatchObject({ code: "busy" });
  await changeRotator(edit, id, two());
  await db.database.operation.update({ where: { id: "o" }, data: { state: "needs-attention" } });
  await changeRotator(edit, id, changed);
});
