import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eraseEngine, type RunningEngine, startEngine } from "#lib/ground/engine.ts";
import { connectGateway } from "#lib/swarm/docker.ts";
import type { SwarmGateway } from "#lib/swarm/gateway.ts";
import { type RecordingProxy, startRecordingProxy } from "#lib/swarm/recording-proxy.ts";
import { SecretValue } from "#lib/value.ts";
import { cycle } from "./witness/cycle.ts";
import { compact, readDocument } from "./witness/document.ts";
import type { ObjectEnd } from "./witness/expected.ts";
import type { Scene } from "./witness/scene.ts";
import { type Shape, specOf } from "./witness/shape.ts";
import { shapes } from "./witness/shapes.ts";
import { Witness } from "./witness/witness.ts";

/** R4 on a real engine: services of many shapes that run no task, so that nothing but their specs is at work. */

let folder: string;
let engine: RunningEngine;
let proxy: RecordingProxy;
let gateway: SwarmGateway;
const witness = new Witness();

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "skep-witness-")));
  engine = await startEngine({ dataFolder: folder });
  const socketPath = join(folder, "proxy.sock");
  const targetSocketPath = engine.socketPath;
  const meets = (request: { method: string; path: string }) => {
    witness.meets(request);
    return "passed on" as const;
  };
  proxy = await startRecordingProxy({ socketPath, targetSocketPath, meets, hears: witness.hears });
  gateway = connectGateway({ endpoints: [{ host: `unix://${socketPath}`, certPath: null, isTlsVerified: false }] });
});

afterAll(async () => {
  await proxy?.stop();
  await eraseEngine(folder);
  rmSync(folder, { recursive: true, force: true });
});

async function makeSecret(objectName: string): Promise<ObjectEnd> {
  const value = new SecretValue(Buffer.from(objectName));
  const { id } = await gateway.createSecret({ name: objectName, labels: {}, templating: null }, value);
  return { objectId: id, objectName };
}

/** The IDs of the networks and configs that a text names by `network:x` and `config:x`. */
async function makePlaces(text: string): Promise<Map<string, string>> {
  const names = new Set(text.match(/(?<=")(?:network|config):[a-z-]+(?=")/g));
  const made = [...names].map(async (place): Promise<[string, string]> => {
    const [kind, Name] = place.split(":");
    const isNetwork = kind === "network";
    const body = isNetwork ? { Name, Driver: "overlay", CheckDuplicate: true } : { Name, Data: btoa("a config") };
    const path = isNetwork ? "/networks/create" : "/configs/create";
    const answer = await engine.api.call<{ ID?: string; Id?: string }>("POST", path, body);
    return [place, answer.ID ?? answer.Id ?? ""];
  });
  return new Map(await Promise.all(made));
}

/** The shape as it is, but that no task of it ever runs. */
function withoutTasks(shape: Shape, objects: Scene["objects"]): object {
  const spec = specOf(shape, objects);
  if (spec.Mode.Replicated) return { ...spec, Mode: { Replicated: { Replicas: 0 } } };
  const Placement = { ...spec.TaskTemplate.Placement };
  Placement.Constraints = [...(Placement.Constraints ?? []), "node.labels.nowhere == true"];
  return { ...spec, TaskTemplate: { ...spec.TaskTemplate, Placement } };
}

async function makeServices(objects: Scene["objects"]): Promise<Scene["services"]> {
  const wanted = shapes.filter(({ isNewer }) => !isNewer);
  const texts = wanted.map((shape) => JSON.stringify(withoutTasks(shape, objects)));
  const places = await makePlaces(texts.join());
  const services: Scene["services"] = [];
  for (const [index, text] of texts.entries()) {
    const placed = [...places].reduce((all, [place, id]) => all.replaceAll(`"${place}"`, `"${id}"`), text);
    const body = Buffer.from(placed);
    const { ID } = await engine.api.call<{ ID: string }>("POST", "/services/create", body);
    services.push({ id: ID, name: wanted[index]?.name ?? "", spec: readDocument("null") });
  }
  await gateway.listServices();
  return services.map((service) => ({ ...service, spec: witness.specOf(service.id) ?? service.spec }));
}

it("a real engine is sent each spec as it gave it, but for what the verb is about", async () => {
  const objects = {
    older: await makeSecret("rotated_v1"),
    rotated: await makeSecret("rotated_v2"),
    other: await makeSecret("other_v1"),
    granted: await makeSecret("granted_v1"),
    kept: await makeSecret("kept_v1"),
  };
  const services = await makeServices(objects);
  expect(services.length).toBeGreaterThanOrEqual(40);
  // What a program that parses and writes again would change is there to be changed.
  const texts = services.map(({ spec }) => compact(spec)).join();
  expect(texts).toContain('"Labels":{"1":"one","10":"ten","9":"nine","a":""}');
  expect(texts).toContain('"MemoryBytes":9007199254740993');
  const { updates, complaints } = await cycle({
    gateway,
    witness,
    clusterId: (await gateway.readCluster()).id,
    objects,
    services,
    now: Date.now,
    pause: (seconds) => new Promise((resolve) => setTimeout(resolve, Math.min(seconds, 0.25) * 1000)),
  });
  expect(complaints).toEqual([]);
  expect(updates.rotate).toBeGreaterThanOrEqual(40);
  expect(updates.grant).toBe(2 * services.length);
  expect(updates["put back"]).toBeGreaterThanOrEqual(40);
  expect(updates.release).toBeGreaterThanOrEqual(38);
});
