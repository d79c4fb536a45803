import { mkdtempSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eraseEngine, startEngine } from "#lib/ground/engine.ts";
import { importSampleImage, sampleImage } from "#lib/ground/sample-image.ts";
import type { SecretReference } from "#lib/swarm/schema.ts";
import { SecretValue } from "#lib/value.ts";
import { createCommands } from "./by-hand-commands.ts";
import { ByHandStage, hasMovedOne, untilSo } from "./model/by-hand-stage.ts";
import { sampleRetirement, sampleVersion, toCreated } from "./sample.ts";
import type { PlannedVersion } from "./schema.ts";

/** A rotation by the commands of the page "by hand", typed into a shell with Docker's own client, on a real engine. */

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

/** Two services, one with the secret in two files of unusual names, owners and modes; a rotation that has moved one. */
async function halfWay(name: string) {
  const old = await stage.secret(`${name}_v1`);
  const odd = { target: 'a, "b"', uid: "1000", mode: 0o400 };
  const services = [
    await stage.service(`${name}-a`, [stage.reference(old, { target: "plain" }), stage.reference(old, odd)]),
    await stage.service(`${name}-b`, [stage.reference(old, { target: "plain", uid: "65534", mode: 0o440 })]),
  ];
  const before = await stage.references(services);
  const of = { secretId: `secret-${name}`, secretName: name };
  const operationId = await stage.start(name, services, [toCreated([old.id])], {
    create: [sampleVersion({ ...of, objectName: `${name}_v2` })],
    retire: [sampleRetirement(old.id, { ...of, objectName: old.name, keepSeconds: 0 })],
  });
  return { old, operationId, operation: await stage.work(operationId, hasMovedOne), services, before };
}

function withObject(all: SecretReference[][], objectName: string, objectId: string): SecretReference[][] {
  return all.map((each) => each.map((reference) => ({ ...reference, objectName, objectId })));
}

async function versionIndexes(services: string[]) {
  return Promise.all(services.map(async (id) => (await stage.gateway.findService(id))?.versionIndex));
}

async function taskIds(services: string[]) {
  const tasks = await stage.gateway.listTasks({ serviceIds: services });
  return tasks.filter(({ desiredState }) => desiredState === "running").map(({ id }) => id);
}

it("Finished by hand, every file keeps its name, owner and mode, the old version is gone, and Skep finds it done when it comes back", async () => {
  const { operationId, operation, services, before } = await halfWay("finish");
  await stage.type(operation, "finish");
  const made = (await stage.gateway.listSecrets()).filter(({ name }) => name.startsWith("finish_v"));
  expect(made.map(({ name }) => name)).toEqual(["finish_v2"]);
  expect(await stage.references(services)).toEqual(withObject(before, "finish_v2", made[0]?.id ?? ""));
  expect(new Set(await stage.previous(services))).toEqual(new Set(["finish_v2"]));
  const sent = await versionIndexes(services);
  expect(await stage.work(operationId)).toMatchObject({ state: "ended", outcome: "done" });
  expect(await versionIndexes(services)).toEqual(sent);
});

it("Undone by hand, everything is as it was before the operation, no rollback leads to its new version, and that is gone", async () => {
  const { old, operation, services, before } = await halfWay("undo");
  await stage.type(operation, "undo");
  expect(await stage.references(services)).toEqual(withObject(before, "undo_v1", old.id));
  expect(await stage.previous(services)).not.toContain("undo_v2");
  expect(await stage.objects()).not.toContain("undo_v2");
});

it("A service that was released by hand runs on with the same tasks, and Docker's rollback of it leads nowhere", async () => {
  const { operation, services } = await halfWay("release");
  const [moved = ""] = services;
  const titles = (steps: { title: string }[]) => steps.map(({ title }) => title);
  expect(await stage.previous([moved])).toContain("release_v1");
  const tasks = await taskIds([moved]);
  await stage.shell(["docker service update --detach release-a"]);
  expect(await stage.previous([moved])).toEqual(["release_v2", "release_v2"]);
  await pause(2000);
  expect(await taskIds([moved])).toEqual(tasks);
  const { steps } = await stage.type(operation, "finish");
  expect(titles(steps)).not.toContain("Let release-a forget its previous spec");
  expect(titles(steps)).toContain("Let release-b forget its previous spec");
  expect(await stage.objects()).not.toContain("release_v1");
  await stage.shell(["docker service rollback --detach=false release-a"]);
  expect(await stage.references([moved])).toMatchObject([[{ objectName: "release_v2" }, { objectName: "release_v2" }]]);
  expect(await stage.uses("release_v2")).toHaveLength(2);
});

it("A rollout that the Swarm has paused goes on to its last task, and a look tells who still uses the old version", async () => {
  const gate = join(folder, "gate");
  writeFileSync(gate, "open");
  const old = await stage.secret("paused_v1");
  const mount = { Type: "bind", Source: gate, Target: "/tmp/gate" };
  const container = { Command: ["/bin/serve", "/tmp/gate"], Mounts: [mount] };
  const secrets = [stage.reference(old, { target: "plain", mode: 0o1444 })];
  // With a delay, the first task has failed before the second one's turn comes.
  const services = [await stage.service("paused-a", secrets, { container, replicas: 2, delay: 5e9 })];
  const [id = ""] = services;
  await untilSo(async () => (await stage.uses("paused_v1")).length === 2);
  writeFileSync(gate, "");
  const of = { secretId: "secret-paused", secretName: "paused" };
  const create = [sampleVersion({ ...of, objectName: "paused_v2" })];
  const plan = { create, oldValueStaysValid: false };
  const operation = await stage.work(await stage.start("paused", services, [toCreated([old.id])], plan));
  expect(operation.state).toBe("needs-attention");
  await untilSo(async () => (await stage.gateway.findService(id))?.update?.state === "paused");
  expect(await stage.uses("paused_v1")).toHaveLength(1);
  writeFileSync(gate, "open");
  // Docker takes no notice of it before the delay of the failed task is over.
  await pause(6000);
  const { steps } = await stage.type(operation, "finish");
  expect(steps.map(({ title }) => title)).toContain("Go on with the rollout of paused-a");
  await untilSo(async () => (await stage.gateway.findService(id))?.update?.state === "completed");
  expect(await stage.references(services)).toMatchObject([[{ objectName: "paused_v2", mode: 0o1444 }]]);
  expect(await stage.uses("paused_v2")).toHaveLength(2);
  expect(await stage.uses("paused_v1")).toEqual([]);
});

it("Of several values, each object gets its own, and what a person is to enter elsewhere is left to her alone", async () => {
  const made = (objectName: string, value: PlannedVersion["value"]) =>
    createCommands(sampleVersion({ objectName, value }));
  for (const name of ["one", "other"]) writeFileSync(join(folder, `${name}.value`), `the value of ${name}`);
  await stage.shell(["one", "other"].flatMap((name) => made(name, { from: "typed" })));
  await stage.shell(made("shown", { from: "shown", generator: { type: "hex", bytes: 16 } }));
  const mode = statSync(join(folder, "shown.value")).mode & 0o777;
  expect(mode).toBe(0o600);
  for (const name of ["one", "other", "shown"]) {
    const object = (await stage.gateway.listSecrets()).find((each) => each.name === name);
    if (!object) throw new Error("not made");
    const file = new SecretValue(readFileSync(join(folder, `${name}.value`)));
    expect(await stage.gateway.compareSecret(object, file)).toBe("equal");
  }
});
