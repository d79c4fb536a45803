import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { AppError } from "#lib/errors.ts";
import { eraseEngine, startEngine } from "#lib/ground/engine.ts";
import { importSampleImage, sampleImage } from "#lib/ground/sample-image.ts";
import type { Operation } from "./ledger.ts";
import { ByHandStage, hasMovedOne } from "./model/by-hand-stage.ts";
import type { Ports } from "./ports.ts";
import { sampleChange, sampleRetirement, sampleVersion, toCreated } from "./sample.ts";
import type { PlannedEdit } from "./schema.ts";

/** The verbs beside rotation, and a creation that nobody answered, by the commands of the page "by hand" on a real engine. */

let folder: string;
let stage: ByHandStage;

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "skep by hand-")));
  const engine = await startEngine({ dataFolder: folder });
  await importSampleImage(engine.api);
  stage = new ByHandStage({ engine, image: sampleImage, folder });
});

afterAll(async () => {
  await eraseEngine(folder);
  rmSync(folder, { recursive: true, force: true });
});

it.each<[kind: "grant" | "revoke" | "put-back", edit: (id: string) => PlannedEdit, files: string[]]>([
  [
    "grant",
    (id) => {
      const to = { object: "existing", objectId: id, objectName: "grant_v1" } as const;
      return { edit: "add", to, target: "its own, too", uid: "7", gid: "8", mode: 0o440 };
    },
    ["file 0:0 444", "its own, too 7:8 440"],
  ],
  ["revoke", (id) => ({ edit: "remove", objectId: id, target: "file" }), []],
  [
    "put-back",
    (id) => {
      const to = { object: "existing", objectId: id, objectName: "put-back_v1" } as const;
      return { edit: "set-file", objectId: id, target: "file", to, uid: "1000", gid: "1001", mode: 0o400 };
    },
    ["file 1000:1001 400"],
  ],
])("A %s that has changed one of two services is undone by hand, and finished by hand", async (kind, edit, files) => {
  const given = await stage.secret(`${kind}_v1`);
  const other = await stage.secret(`${kind}-other_v1`);
  const held = [stage.reference(other, { target: "other", mode: 0o1440 }), stage.reference(given, { target: "file" })];
  const services = [await stage.service(`${kind}-a`, held), await stage.service(`${kind}-b`, held)];
  const before = await stage.references(services);
  const id = await stage.start(kind, services, [edit(given.id)], { kind, create: [], retire: [] });
  const operation = await stage.work(id, hasMovedOne);
  expect(await stage.references(services)).not.toEqual(before);

  await stage.type(operation, "undo");
  expect(await stage.references(services)).toEqual(before);

  await stage.type(operation, "finish");
  const found = await stage.references(services);
  for (const references of found) {
    const own = references.filter(({ objectId }) => objectId === given.id);
    expect(own.map(({ target, uid, gid, mode }) => `${target} ${uid}:${gid} ${mode.toString(8)}`)).toEqual(files);
    expect(references).toContainEqual(before[0]?.find(({ objectId }) => objectId === other.id));
  }
  expect(await stage.work(id)).toMatchObject({ state: "ended", outcome: "done" });
  expect(await stage.references(services)).toEqual(found);
});

it("A removal by hand leaves no service that could be rolled back to what it removes, and Skep finds it done", async () => {
  const [old, present] = [await stage.secret("retired_v1"), await stage.secret("retired_v2")];
  const services = [await stage.service("retired-a", [stage.reference(old, { target: "file" })])];
  const add = `--secret-add source=${present.name},target=file`;
  await stage.shell([`docker service update --detach=false --secret-rm ${old.name} ${add} retired-a`]);
  expect(await stage.previous(services)).toEqual(["retired_v1"]);
  const of = { secretId: "secret-retired", secretName: "retired", objectName: old.name };
  const retire = [sampleRetirement(old.id, { ...of, keepSeconds: 0 })];
  const id = await stage.start("retired", [], [], { kind: "retire", retire });
  const { steps } = await stage.type(await operationOf(id), "finish");
  expect(steps.map(({ title }) => title)).toEqual([
    "Look for tasks that still use retired_v1",
    "Let retired-a forget its previous spec",
    "Remove retired_v1",
  ]);
  expect(await stage.previous(services)).toEqual(["retired_v2"]);
  expect(await stage.objects()).not.toContain("retired_v1");
  expect(await stage.work(id)).toMatchObject({ state: "ended", outcome: "done" });
});

it("A group of two secrets is undone by hand and finished by hand, each service by one command", async () => {
  const { id, services, before } = await group();
  const operation = await stage.work(id, hasMovedOne);

  await stage.type(operation, "undo");
  expect(await stage.references(services)).toEqual(before);
  const own = (names: string[]) => names.filter((name) => name.startsWith("group-"));
  expect(own(await stage.objects())).toEqual(["group-one_v1", "group-two_v1"]);

  const { steps } = await stage.type(operation, "finish");
  const updates = steps.flatMap(({ commands }) => commands.filter((each) => each.includes("--secret-add")));
  expect(updates).toHaveLength(2);
  expect(own(await stage.objects())).toEqual(["group-one_v2", "group-two_v2"]);
  expect(await stage.references(services)).toMatchObject([
    [{ objectName: "group-one_v2" }, { objectName: "group-two_v2", mode: 0o400 }],
    [{ objectName: "group-two_v2" }],
  ]);
  expect((await stage.previous(services)).filter((name) => name.endsWith("_v1"))).toEqual([]);
});

/** One service with both, one with the second alone; the old versions go at once. */
async function group() {
  const secrets = ["group-one", "group-two"].map((secretName) => ({ secretId: `secret-${secretName}`, secretName }));
  const [one, two] = [await stage.secret("group-one_v1"), await stage.secret("group-two_v1")];
  const second = stage.reference(two, { target: "two", mode: 0o400 });
  const services = [
    await stage.service("group-a", [stage.reference(one, { target: "one" }), second]),
    await stage.service("group-b", [second]),
  ];
  const edits = [toCreated([one.id], "version-group-one"), toCreated([two.id], "version-group-two")];
  const over = { tasks: 1, soakSeconds: 0 };
  const id = await stage.start("group", [], [], {
    secrets: secrets.map((each) => ({ ...each, fromVersion: 1, toVersion: 2 })),
    create: secrets.map((each) =>
      sampleVersion({ ...each, versionId: `version-${each.secretName}`, objectName: `${each.secretName}_v2` }),
    ),
    changes: services.map((serviceId, place) =>
      sampleChange(serviceId, edits.slice(place), { ...over, serviceName: `group-${"ab"[place]}` }),
    ),
    retire: [one, two].map(({ id: objectId, name: objectName }, place) => {
      const versionId = `version-${objectName}`;
      return sampleRetirement(objectId, { ...secrets[place], versionId, objectName, keepSeconds: 0 });
    }),
  });
  return { id, services, before: await stage.references(services) };
}

it.each([
  ["arrived", "taken up"],
  ["did not arrive", "made"],
])("Of a creation without an answer that %s, the object is %s by hand, and there is one", async (what) => {
  const name = what === "arrived" ? "unanswered" : "unsent";
  const { operation, services } = await unanswered(name, what === "arrived");
  const made = await own(name);
  expect(made).toHaveLength(what === "arrived" ? 2 : 1);
  await stage.type(operation, "finish");
  expect(await own(name)).toMatchObject([{ name: `${name}_v1` }, { name: `${name}_v2` }]);
  expect(await own(name)).toEqual(expect.arrayContaining(made));
  expect(await stage.references(services)).toMatchObject([[{ objectName: `${name}_v2`, target: "file" }]]);
});

it("What a creation without an answer has made goes again by hand", async () => {
  const { operation, services } = await unanswered("given-up", true);
  expect(await own("given-up")).toHaveLength(2);
  await stage.type(operation, "undo");
  expect(await own("given-up")).toMatchObject([{ name: "given-up_v1" }]);
  expect(await stage.references(services)).toMatchObject([[{ objectName: "given-up_v1" }]]);
});

async function own(name: string) {
  const objects = (await stage.gateway.listSecrets()).filter((each) => each.name.startsWith(`${name}_v`));
  return objects.map(({ id, name: objectName }) => ({ id, name: objectName })).toSorted(byName);
}

function byName(one: { name: string }, other: { name: string }): number {
  return one.name.localeCompare(other.name);
}

/** The call that makes the object is sent, or is not, and Skep is gone before it knows. */
async function unanswered(name: string, arrives: boolean) {
  const old = await stage.secret(`${name}_v1`);
  const services = [await stage.service(`${name}-a`, [stage.reference(old, { target: "file" })])];
  const of = { secretId: `secret-${name}`, secretName: name };
  const create = [sampleVersion({ ...of, objectName: `${name}_v2` })];
  const id = await stage.start(name, services, [toCreated([old.id])], { create });
  const swarm: Ports["swarm"] = {
    ...stage.gateway,
    async createSecret(secret, value) {
      if (arrives) await stage.gateway.createSecret(secret, value);
      throw new AppError("swarm-timeout", "The Swarm did not answer in time.");
    },
  };
  const isSent = ({ steps }: Operation) => steps.some((step) => step.name === "create" && step.facts.intent);
  return { operation: await stage.work(id, isSent, { ...stage.ports, swarm }), services };
}

async function operationOf(id: string) {
  const operation = await stage.ports.store.find(id);
  if (!operation) throw new Error("no such operation");
  return operation;
}
