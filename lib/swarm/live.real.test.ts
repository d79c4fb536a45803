import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eraseEngine, type RunningEngine, startEngine } from "#lib/ground/engine.ts";
import { importSampleImage, sampleImage } from "#lib/ground/sample-image.ts";
import { SecretValue } from "#lib/value.ts";
import { connectGateway } from "./docker.ts";
import { connectEvents } from "./events.ts";
import type { SwarmGateway } from "./gateway.ts";
import { type LiveIndex, startLiveIndex } from "./live.ts";
import { applyEdits } from "./patch.ts";
import type { SwarmChange, SwarmSnapshot } from "./schema.ts";

let folder: string;
let engine: RunningEngine;
let gateway: SwarmGateway;
let live: LiveIndex;
let expected: string | null = null;
const changes: SwarmChange[] = [];

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "skep-live-")));
  engine = await startEngine({ dataFolder: folder });
  await importSampleImage(engine.api);
  const endpoints = [{ host: engine.host, certPath: null, isTlsVerified: false }];
  const expectedClusterId = () => expected;
  gateway = connectGateway({ endpoints, expectedClusterId });
  const events = connectEvents({ endpoints, expectedClusterId });
  live = startLiveIndex({
    gateway,
    events,
    expectedClusterId,
    // Only events may bring news: the next whole reading is far away.
    pace: { wholeAtMost: 600_000, wholeAtLeast: 600_000, retries: [50, 200] },
  });
  live.onChange((change) => changes.push(change));
  await live.refreshed();
});

afterAll(async () => {
  await live?.stop();
  await eraseEngine(folder);
  rmSync(folder, { recursive: true, force: true });
});

/** The first snapshot that is as wanted; revisions are waited for, never polled. */
function seen(isWanted: (snapshot: SwarmSnapshot) => boolean): Promise<SwarmSnapshot> {
  if (isWanted(live.snapshot())) return Promise.resolve(live.snapshot());
  return new Promise((resolve, reject) => {
    const end = live.subscribe((snapshot) => {
      if (!isWanted(snapshot)) return;
      clearTimeout(timer);
      end();
      resolve(snapshot);
    });
    const timer = setTimeout(() => {
      end();
      reject(new Error(`not seen in time; the connection: ${JSON.stringify(live.snapshot().connection)}`));
    }, 240_000);
  });
}

async function makeSecret(name: string): Promise<string> {
  const secret = { name, labels: {}, templating: null };
  return (await gateway.createSecret(secret, new SecretValue(Buffer.from("v")))).id;
}

async function makeService(name: string, objectId: string, objectName: string): Promise<string> {
  const { ID } = await engine.api.call<{ ID: string }>("POST", "/services/create", {
    Name: name,
    TaskTemplate: {
      ContainerSpec: {
        Image: sampleImage,
        Command: ["sleep", "1000"],
        StopGracePeriod: 0,
        Secrets: [{ File: { Name: "s", UID: "0", GID: "0", Mode: 0o444 }, SecretID: objectId, SecretName: objectName }],
      },
    },
    Mode: { Replicated: { Replicas: 1 } },
  });
  return ID;
}

function tasksRun(snapshot: SwarmSnapshot, serviceId: string, objectId: string): boolean {
  const tasks = snapshot.tasksByService.get(serviceId) ?? [];
  const isRunning = tasks.some((task) => task.state === "running" && task.secretObjectIds.includes(objectId));
  return isRunning && snapshot.services.get(serviceId)?.tasks.running === 1;
}

describe("the live index", () => {
  it("knows the Swarm after its first reading, and calls nothing of it a change", () => {
    const { connection, nodes, cluster, asOf } = live.snapshot();
    expect(connection).toMatchObject({ state: "connected", clusterId: cluster?.id });
    expect(nodes.size).toBe(1);
    expect(asOf).not.toBeNull();
    expect(changes).toEqual([]);
  });

  it("shows by the Swarm's events alone what happened to secrets and services", async () => {
    const id = await makeSecret("seen_v1");
    expect((await seen(({ secrets }) => secrets.has(id))).secrets.get(id)?.name).toBe("seen_v1");
    const serviceId = await makeService("web", id, "seen_v1");
    await seen(({ services }) => services.get(serviceId)?.references[0]?.objectId === id);
    await engine.api.call("DELETE", `/services/${serviceId}`);
    await seen(({ services }) => !services.has(serviceId));
    await gateway.removeSecret(id);
    await seen(({ secrets }) => !secrets.has(id));
    await seen(({ tasksByService }) => !tasksByService.has(serviceId));
    expect(changes.map(({ objectType, before, after }) => [objectType, before !== null, after !== null])).toEqual([
      ["secret", false, true],
      ["service", false, true],
      ["service", true, false],
      ["secret", true, false],
    ]);
  });

  it("follows tasks through an update, and tells of the references only", async () => {
    const [one, two] = [await makeSecret("db_v1"), await makeSecret("db_v2")];
    const serviceId = await makeService("db", one, "db_v1");
    await seen((snapshot) => tasksRun(snapshot, serviceId, one));
    changes.length = 0;
    const service = await gateway.findService(serviceId);
    if (!service) throw new Error("the service is gone");
    const to = { objectId: two, objectName: "db_v2" };
    const patched = applyEdits(service.spec, [{ edit: "replace", fromObjectIds: [one], to }]);
    await gateway.updateService(serviceId, service.versionIndex, patched.spec);
    await seen((snapshot) => tasksRun(snapshot, serviceId, two));
    await seen(({ services }) => services.get(serviceId)?.update?.state === "completed");
    expect(changes.map(({ objectId, before, after }) => ({ objectId, before, after }))).toEqual([
      {
        objectId: serviceId,
        before: [{ objectId: one, objectName: "db_v1", target: "s", uid: "0", gid: "0", mode: 0o444 }],
        after: [{ objectId: two, objectName: "db_v2", target: "s", uid: "0", gid: "0", mode: 0o444 }],
      },
    ]);
  });

  it("notices a task that died by itself, which no event tells", async () => {
    const id = await makeSecret("mortal");
    const serviceId = await makeService("mortal", id, "mortal");
    await seen((snapshot) => tasksRun(snapshot, serviceId, id));
    const containers = await engine.api.call<{ Id: string }[]>(
      "GET",
      `/containers/json?${new URLSearchParams({ filters: JSON.stringify({ label: [`com.docker.swarm.service.id=${serviceId}`] }) })}`,
    );
    await engine.api.call("POST", `/containers/${containers[0]?.Id}/kill`);
    await seen(({ tasksByService }) => (tasksByService.get(serviceId) ?? []).some(({ state }) => state === "failed"));
  });

  it("gives a refreshed picture on demand, and the same objects where nothing changed", async () => {
    const before = live.snapshot();
    const after = await live.refreshed();
    expect(after.secrets).toBe(before.secrets);
    expect(Date.parse(after.asOf ?? "")).toBeGreaterThanOrEqual(Date.parse(before.asOf ?? ""));
  });
});

describe("the connection", () => {
  it("when it is lost keeps the last picture and says since when; when it is back, what happened meanwhile is there", async () => {
    const before = live.snapshot();
    await engine.stop();
    const lost = await seen(({ connection }) => connection.state === "lost");
    expect(lost.connection).toMatchObject({ state: "lost", reason: "unreachable" });
    expect(lost.secrets).toBe(before.secrets);
    expect((await live.refreshed()).connection).toEqual(lost.connection);
    engine = await startEngine({ dataFolder: folder });
    const id = (await engine.api.call<{ ID: string }>("POST", "/secrets/create", { Name: "meanwhile", Data: "dg==" }))
      .ID;
    const back = await seen(({ connection, secrets }) => connection.state === "connected" && secrets.has(id));
    expect(back.services.size).toBe(before.services.size);
    await makeSecret("after_the_return").then((late) => seen(({ secrets }) => secrets.has(late)));
  });

  it("says that the Swarm is locked, and recovers when it is unlocked", async () => {
    type Swarm = { Version: { Index: number }; Spec: { EncryptionConfig: object } };
    const { Version, Spec } = await engine.api.call<Swarm>("GET", "/swarm");
    const autolocked = { ...Spec, EncryptionConfig: { AutoLockManagers: true } };
    await engine.api.call("POST", `/swarm/update?version=${Version.Index}`, autolocked);
    const { UnlockKey } = await engine.api.call<{ UnlockKey: string }>("GET", "/swarm/unlockkey");
    await live.refreshed();
    expect(live.snapshot().cluster?.isAutolocked).toBe(true);
    await engine.stop();
    // It resolves once its Swarm answers, which is after the unlocking below.
    const starting = startEngine({ dataFolder: folder });
    const locked = await seen(({ connection }) => connection.state === "lost" && connection.reason === "locked");
    expect(locked.secrets.size).toBeGreaterThan(0);
    await engine.api.call("POST", "/swarm/unlock", { UnlockKey });
    engine = await starting;
    await seen(({ connection }) => connection.state === "connected");
  });

  it("says when it leads to no manager, or to another Swarm than Postgres knows", async () => {
    expected = live.snapshot().cluster?.id ?? null;
    await engine.api.call("POST", "/swarm/leave?force=1");
    await seen(({ connection }) => connection.state === "lost" && connection.reason === "not-manager");
    const init = { ListenAddr: "127.0.0.1:2377", AdvertiseAddr: "127.0.0.1" };
    await engine.api.call("POST", "/swarm/init", init);
    const other = await seen(({ connection }) => connection.state === "lost" && connection.reason === "other-swarm");
    expect(other.cluster?.id).toBe(expected);
    changes.length = 0;
    // An administrator has decided that the new one is right.
    expected = null;
    const { ID } = await engine.api.call<{ ID: string }>("GET", "/swarm");
    expected = ID;
    const decided = await seen(({ connection }) => connection.state === "connected");
    expect(decided.cluster?.id).toBe(ID);
    expect(decided.secrets.size).toBe(0);
    expect(changes).toEqual([]);
  });
});
