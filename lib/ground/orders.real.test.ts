import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningEngine, startEngine } from "./engine.ts";
import { EngineRefusal } from "./engine-api.ts";
import { eraseGround } from "./erase.ts";
import { type OrdersDatabase, startOrdersDatabase } from "./orders-database.ts";
import { placesOf } from "./places.ts";
import { waitUntil } from "./process.ts";
import { importSampleImage } from "./sample-image.ts";
import { createOrders } from "./sample-orders.ts";
import { readSignIns, signingServiceSpec } from "./signing-service.ts";

type Task = { Status: { State: string }; Spec: { ContainerSpec: { Secrets: { SecretName: string }[] } } };

let dataFolder: string;
let countsFolder: string;
let engine: RunningEngine;
let database: OrdersDatabase;

beforeAll(async () => {
  dataFolder = realpathSync(mkdtempSync(join(tmpdir(), "skep orders ")));
  countsFolder = realpathSync(mkdtempSync(join(tmpdir(), "skep counts ")));
  [engine, database] = await Promise.all([startEngine({ dataFolder }), startOrdersDatabase({ dataFolder })]);
  await importSampleImage(engine.api);
});
afterAll(async () => {
  await eraseGround(dataFolder);
  rmSync(countsFolder, { recursive: true });
});

async function makeSecret(name: string, text: string): Promise<{ id: string; name: string }> {
  const Data = Buffer.from(text).toString("base64");
  const { ID } = await engine.api.call<{ ID: string }>("POST", "/secrets/create", { Name: name, Data });
  return { id: ID, name };
}

async function tasksOf(service: string): Promise<Task[]> {
  const filters = encodeURIComponent(JSON.stringify({ service: [service] }));
  return engine.api.call<Task[]>("GET", `/tasks?filters=${filters}`);
}

async function countRunning(service: string): Promise<number> {
  return (await tasksOf(service)).filter(({ Status }) => Status.State === "running").length;
}

function isThere(path: string): Promise<boolean> {
  return engine.api.call("GET", path).then(
    () => true,
    (error: unknown) => {
      if (error instanceof EngineRefusal && error.statusCode === 404) return false;
      throw error;
    },
  );
}

describe("a signing service", () => {
  it("signs in over and over without a failure, and each of its tasks counts", async () => {
    await database.setPassword("orders_a", "first");
    const secret = await makeSecret("url_v1", database.urlOf("orders_a", "first"));
    const { socketFolder } = database;
    const spec = signingServiceSpec({ name: "signers", replicas: 2, secret, socketFolder, countsFolder });
    await engine.api.call("POST", "/services/create", spec);
    expect(await waitUntil(async () => (await countRunning("signers")) === 2, 60, 200)).toBe(true);
    const before = readSignIns(countsFolder);
    expect(before).toMatchObject({ failed: 0, failures: [], replicas: 2 });
    expect(await waitUntil(() => readSignIns(countsFolder).signedIn > before.signedIn + 10, 30, 100)).toBe(true);
    expect(readSignIns(countsFolder)).toMatchObject({ failed: 0, failures: [], replicas: 2 });
  });

  it("fails once its password was changed behind its back: it says why, its tasks fail, and no password is told", async () => {
    await database.setPassword("orders_a", "second");
    expect(await waitUntil(() => readSignIns(countsFolder).failed > 4, 30, 100)).toBe(true);
    const { failures } = readSignIns(countsFolder);
    expect(failures[0]).toMatch(/Z failed to sign in as orders_a: password authentication failed for user "orders_a"$/);
    expect(failures.join("\n")).not.toMatch(/first|second/);
    const hasFailed = async () => (await tasksOf("signers")).some(({ Status }) => Status.State === "failed");
    expect(await waitUntil(hasFailed, 60, 200)).toBe(true);
  });

  it("signs in again with a new secret, read by its new tasks", async () => {
    const service = await engine.api.call<{ Version: { Index: number } }>("GET", "/services/signers");
    const secret = await makeSecret("url_v2", database.urlOf("orders_a", "second"));
    const spec = signingServiceSpec({
      name: "signers",
      replicas: 2,
      secret,
      socketFolder: database.socketFolder,
      countsFolder,
    });
    await engine.api.call("POST", `/services/signers/update?version=${service.Version.Index}`, spec);
    const runsNew = async () =>
      (await tasksOf("signers")).filter(
        ({ Status, Spec }) =>
          Status.State === "running" && Spec.ContainerSpec.Secrets.every(({ SecretName }) => SecretName === "url_v2"),
      ).length === 2;
    expect(await waitUntil(runsNew, 60, 200)).toBe(true);
    const before = readSignIns(countsFolder);
    expect(await waitUntil(() => readSignIns(countsFolder).signedIn > before.signedIn + 10, 30, 100)).toBe(true);
    await engine.api.call("DELETE", "/services/signers");
  });
});

describe("the stack orders", () => {
  it("is completed where only its secret was made, and its two tasks sign in", async () => {
    await makeSecret("orders_db_url", "of a start that was interrupted");
    await createOrders(engine.api, database);
    expect(await waitUntil(async () => (await countRunning("orders_api")) === 2, 60, 200)).toBe(true);
    const { Spec } = await engine.api.call<{ Spec: { Labels: Record<string, string> } }>("GET", "/services/orders_api");
    expect(Spec.Labels["com.docker.stack.namespace"]).toBe("orders");
  });

  it("is made once: what a person removes stays removed", async () => {
    await engine.api.call("DELETE", "/services/orders_api");
    await createOrders(engine.api, database);
    expect(await isThere("/services/orders_api")).toBe(false);
    expect(await isThere("/secrets/orders_db_url")).toBe(true);
  });

  it("leaves no process, mount and folder when engine and Postgres stop", async () => {
    const { hash, runFolder } = placesOf(dataFolder);
    await engine.stop();
    await database.stop();
    expect(existsSync(runFolder)).toBe(false);
    expect(readFileSync("/proc/self/mounts", "utf8")).not.toContain(hash);
    // Other tests have signers of their own: those of this one have its socket's folder among their mounts.
    const traces = readdirSync("/proc").flatMap((entry) => [tracesIn(entry, "cmdline"), tracesIn(entry, "mountinfo")]);
    expect(traces.filter((trace) => trace.includes(hash))).toEqual([]);
  });
});

function tracesIn(entry: string, file: "cmdline" | "mountinfo"): string {
  try {
    return readFileSync(`/proc/${entry}/${file}`, "utf8");
  } catch {
    return "";
  }
}
