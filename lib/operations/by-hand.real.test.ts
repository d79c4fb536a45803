import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { systemClock } from "#lib/clock.ts";
import { eraseEngine, type RunningEngine, startEngine } from "#lib/ground/engine.ts";
import { importSampleImage, sampleImage } from "#lib/ground/sample-image.ts";
import { connectGateway } from "#lib/swarm/docker.ts";
import type { SwarmGateway } from "#lib/swarm/gateway.ts";
import type { SecretReference } from "#lib/swarm/schema.ts";
import { SecretValue } from "#lib/value.ts";
import { takeUp } from "./advance.ts";
import { createCommands, usesCommand } from "./by-hand-commands.ts";
import { connectionCommand } from "./by-hand-connection.ts";
import type { ByHandWay } from "./by-hand-step.ts";
import { byHandWays } from "./by-hand-ways.ts";
import { ledgerOf, type Operation } from "./ledger.ts";
import { MemoryStore } from "./model/memory-store.ts";
import { seenBy } from "./model/seen-by.ts";
import { ownRandom } from "./own-ports.ts";
import type { Ports } from "./ports.ts";
import { sampleChange, samplePlan, sampleStarter, sampleVersion, toCreated } from "./sample.ts";
import type { Plan, PlannedVersion } from "./schema.ts";

/** The commands of the page "by hand", typed into a shell with Docker's own client, on a real engine. */

const run = promisify(execFile);
let folder: string;
let engine: RunningEngine;
let gateway: SwarmGateway;

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "skep by hand-")));
  engine = await startEngine({ dataFolder: folder });
  await importSampleImage(engine.api);
  gateway = connectGateway({ endpoints: [endpoint()] });
});

afterAll(async () => {
  await eraseEngine(folder);
  rmSync(folder, { recursive: true, force: true });
});

function endpoint() {
  return { host: engine.host, certPath: null, isTlsVerified: false };
}

/** Two services, one with the secret in two files of unusual names, owners and modes; a rotation that has moved one. */
async function halfWay(name: string) {
  const objectName = `${name}_v1`;
  const { id } = await gateway.createSecret({ name: objectName, labels: {}, templating: null }, value());
  const file = (Name: string, UID: string, Mode: number) => ({
    File: { Name, UID, GID: "0", Mode },
    SecretID: id,
    SecretName: objectName,
  });
  const services = [
    await service(`${name}-a`, [file("plain", "0", 0o444), file('a, "b"', "1000", 0o400)]),
    await service(`${name}-b`, [file("plain", "65534", 0o440)]),
  ];
  const ports = portsOn();
  const operationId = await start(ports.store, name, id, services);
  const operation = await work(ports, operationId, hasMovedOne);
  return { ports, operationId, operation, services, before: await references(services) };
}

function portsOn(): Ports & { store: MemoryStore } {
  const store = new MemoryStore(() => Date.now());
  store.roles.set("person-1", "operator");
  return { store, swarm: gateway, clock: systemClock, random: ownRandom };
}

function value(): SecretValue {
  return new SecretValue(Buffer.from("by hand"));
}

async function service(
  Name: string,
  Secrets: object[],
  { container = {}, replicas = 1, delay = 0 } = {},
): Promise<string> {
  const ContainerSpec = { Image: sampleImage, Secrets, Command: ["/bin/serve"], StopGracePeriod: 1e9, ...container };
  const Mode = { Replicated: { Replicas: replicas } };
  const UpdateConfig = { Parallelism: 1, Monitor: 1e9, Delay: delay };
  const spec = { Name, TaskTemplate: { ContainerSpec }, Mode, UpdateConfig };
  return (await engine.api.call<{ ID: string }>("POST", "/services/create", spec)).ID;
}

async function start(
  store: MemoryStore,
  name: string,
  objectId: string,
  services: string[],
  over: Partial<Plan> = {},
): Promise<string> {
  const secret = { secretId: `secret-${name}`, secretName: name };
  const plan = samplePlan({
    clusterId: (await gateway.readCluster()).id,
    secrets: [{ ...secret, fromVersion: 1, toVersion: 2 }],
    create: [sampleVersion({ ...secret, objectName: `${name}_v2` })],
    changes: services.map((id, place) =>
      sampleChange(id, [toCreated([objectId])], { serviceName: `${name}-${"ab"[place]}`, tasks: 1, soakSeconds: 0 }),
    ),
    order: "one-by-one",
    ...over,
  });
  const steps = ledgerOf(plan);
  const given = { id: `operation-${name}`, plan, steps, actor: sampleStarter, isValueInRequest: false };
  await store.insert({ ...given, events: [], records: [] });
  return given.id;
}

/** What a worker does, to the end or until it has seen enough. */
async function work(ports: Ports, id: string, until?: (operation: Operation) => boolean): Promise<Operation> {
  const leased = await ports.store.lease(id, "test");
  if (!leased) throw new Error("nothing to take up");
  const own = takeUp(leased, ports);
  while (!until?.(own.operation)) {
    const progress = await own.goOn(new Set(until && own.operation.steps.some(hasBegunToMove) ? ["move"] : []));
    if (progress.state !== "open") break;
    await ports.store.renew(leased.lease);
    await pause(Math.min(Math.max(progress.waitSeconds, 0.05), 1) * 1000);
  }
  await ports.store.release(leased.lease, 0);
  return own.operation;
}

function hasBegunToMove({ name, attempt }: Operation["steps"][number]): boolean {
  return name === "move" && attempt > 0;
}

function hasMovedOne({ steps }: Operation): boolean {
  return steps.some(({ name, state }) => name === "watch" && state === "done");
}

/** All that a page would show, typed in from the first line to the last. */
async function type(operation: Operation, way: ByHandWay["way"]): Promise<ByHandWay> {
  const ways = byHandWays(operation, await seenBy(gateway));
  const wanted = ways.find((each) => each.way === way);
  if (!wanted) throw new Error("no such way");
  await shell(wanted.steps.flatMap(({ commands }) => commands));
  return wanted;
}

async function shell(lines: readonly string[]): Promise<string> {
  const script = [connectionCommand(endpoint()), ...lines].join("\n");
  return (await run("sh", ["-ec", script], { cwd: folder })).stdout;
}

async function references(services: string[]): Promise<SecretReference[][]> {
  const found = await Promise.all(services.map((id) => gateway.findService(id)));
  return found.map((each) => (each?.references ?? []).toSorted((a, b) => a.target.localeCompare(b.target)));
}

function withObject(all: SecretReference[][], objectName: string, objectId: string): SecretReference[][] {
  return all.map((each) => each.map((reference) => ({ ...reference, objectName, objectId })));
}

it("Finished by hand, every file keeps its name, owner and mode, and Skep finds it done when it comes back", async () => {
  const { ports, operationId, operation, services, before } = await halfWay("finish");
  await type(operation, "finish");
  const made = (await gateway.listSecrets()).filter(({ name }) => name.startsWith("finish_v2"));
  expect(made).toHaveLength(1);
  expect(await references(services)).toEqual(withObject(before, "finish_v2", made[0]?.id ?? ""));
  const sent = await Promise.all(services.map(async (id) => (await gateway.findService(id))?.versionIndex));
  expect(await work(ports, operationId)).toMatchObject({ state: "ended", outcome: "done" });
  expect(await Promise.all(services.map(async (id) => (await gateway.findService(id))?.versionIndex))).toEqual(sent);
});

it("Undone by hand, everything is as it was before the operation, and its new version is gone", async () => {
  const { operation, services, before } = await halfWay("undo");
  const [old] = (await gateway.listSecrets()).filter(({ name }) => name === "undo_v1");
  await type(operation, "undo");
  expect(await references(services)).toEqual(withObject(before, "undo_v1", old?.id ?? ""));
  expect((await gateway.listSecrets()).map(({ name }) => name)).not.toContain("undo_v2");
});

it("A rollout that the Swarm has paused goes on to its last task, and a look tells who still uses the old version", async () => {
  const gate = join(folder, "gate");
  writeFileSync(gate, "open");
  const { id } = await gateway.createSecret({ name: "paused_v1", labels: {}, templating: null }, value());
  const File = { Name: "plain", UID: "0", GID: "0", Mode: 0o1444 };
  const mount = { Type: "bind", Source: gate, Target: "/tmp/gate" };
  const container = { Command: ["/bin/serve", "/tmp/gate"], Mounts: [mount] };
  const secrets = [{ File, SecretID: id, SecretName: "paused_v1" }];
  // With a delay, the first task has failed before the second one's turn comes.
  const services = [await service("paused-a", secrets, { container, replicas: 2, delay: 5e9 })];
  await until(async () => (await uses("paused_v1")).length === 2);
  writeFileSync(gate, "");
  const ports = portsOn();
  const operation = await work(ports, await start(ports.store, "paused", id, services, { oldValueStaysValid: false }));
  expect(operation.state).toBe("needs-attention");
  await until(async () => (await gateway.findService(services[0] ?? ""))?.update?.state === "paused");
  expect(await uses("paused_v1")).toHaveLength(1);
  writeFileSync(gate, "open");
  // Docker takes no notice of it before the delay of the failed task is over.
  await pause(6000);
  const { steps } = await type(operation, "finish");
  expect(steps.map(({ title }) => title)).toContain("Go on with the rollout of paused-a");
  await until(async () => (await gateway.findService(services[0] ?? ""))?.update?.state === "completed");
  expect(await references(services)).toMatchObject([[{ objectName: "paused_v2", mode: 0o1444 }]]);
  expect(await uses("paused_v2")).toHaveLength(2);
  expect(await uses("paused_v1")).toEqual([]);
});

/** What the look before a removal shows, a line for each task. */
async function uses(objectName: string): Promise<string[]> {
  const lines = (await shell([usesCommand([objectName])])).trim().split("\n");
  return lines.filter((line) => line.startsWith("running "));
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await isSo()); tries += 1) {
    if (tries > 240) throw new Error("it did not come to that");
    await pause(500);
  }
}

it("Of several values, each object gets its own, and what a person is to enter elsewhere is left to her alone", async () => {
  const made = (objectName: string, value: PlannedVersion["value"]) =>
    createCommands(sampleVersion({ objectName, value }));
  for (const name of ["one", "other"]) writeFileSync(join(folder, `${name}.value`), `the value of ${name}`);
  await shell(["one", "other"].flatMap((name) => made(name, { from: "typed" })));
  await shell(made("shown", { from: "shown", generator: { type: "hex", bytes: 16 } }));
  const mode = statSync(join(folder, "shown.value")).mode & 0o777;
  expect(mode).toBe(0o600);
  for (const name of ["one", "other", "shown"]) {
    const object = (await gateway.listSecrets()).find((each) => each.name === name);
    if (!object) throw new Error("not made");
    const file = new SecretValue(readFileSync(join(folder, `${name}.value`)));
    expect(await gateway.compareSecret(object, file)).toBe("equal");
  }
});
