import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { EngineApi } from "#lib/ground/engine-api.ts";
import { removeControlGroups } from "#lib/ground/engine-leftovers.ts";
import { findEngineProgram, findProgram } from "#lib/ground/engine-program.ts";
import { makeRunFolder, placesOf, removeRunFolder } from "#lib/ground/places.ts";
import { endProcess, waitUntil } from "#lib/ground/process.ts";
import { importSampleImage, sampleImage } from "#lib/ground/sample-image.ts";
import { atEnd } from "../../bench/cleanup.ts";
import { managerOf, startSwitch } from "./nodes.ts";

export type Manager = {
  name: string;
  socketPath: string;
  api: EngineApi;
  /** As when the machine loses its power: engine, containers and all, in this moment. */
  kill(): void;
  start(): Promise<void>;
  /** Takes the node off the network of the others; its socket still answers. */
  cutOff(): Promise<void>;
  joinAgain(): Promise<void>;
};

export type Managers = {
  all: readonly Manager[];
  /** Who leads, as the others see it; null while nobody does. */
  leader(): Promise<Manager | null>;
  /** Every manager runs, is reachable, and one of them leads. */
  settle(): Promise<void>;
};

/** A second name of the same image: what somebody sets who deploys "another version". */
export const otherImage = "skep-sample:2";
const names = ["n1", "n2", "n3"];

/**
 * Three engines on one machine, each in namespaces of its own, on a switch between them. All of it hangs on one first
 * process, which ends when this process does: then the kernel takes the engines, their containers, networks and mounts.
 */
export async function startManagers(folder: string): Promise<Managers> {
  const program = findEngineProgram();
  if (!program || !findProgram("ip"))
    throw new Error("Three managers need dockerd and ip: install docker.io, iproute2.");
  const places = placesOf(folder);
  makeRunFolder(places);
  for (const part of ["run", "switch"]) mkdirSync(join(folder, part), { mode: 0o711 });
  const group = `skep-${places.hash}`;
  atEnd(async () => {
    await removeControlGroups(group);
    for (const name of names) {
      for (const path of [name, `${name}.sock`]) rmSync(join(places.runFolder, path), { recursive: true, force: true });
    }
    removeRunFolder(places);
  });
  const hub = await startSwitch(folder, places.runFolder, names.length);
  atEnd(() => endProcess(hub, [{ signal: "SIGKILL", seconds: 10 }]));
  const all = names.map((name, index) => managerOf({ name, index, folder, hub, program, group, ...places }));
  await Promise.all(all.map((manager) => manager.start()));
  await makeSwarm(all);
  await Promise.all(all.map(({ api }) => importImages(api)));
  return { all, leader: () => leaderOf(all), settle: () => settle(all) };
}

/** Heartbeats each second, so that a dead node is seen to be down in seconds and its tasks go elsewhere. */
async function makeSwarm([first, ...others]: readonly Manager[]): Promise<void> {
  if (!first) return;
  const address = (index: number) => `10.99.0.${index + 1}`;
  const Spec = { Dispatcher: { HeartbeatPeriod: 1_000_000_000 } };
  await first.api.call("POST", "/swarm/init", { ListenAddr: `${address(0)}:2377`, AdvertiseAddr: address(0), Spec });
  const { JoinTokens } = await first.api.call<{ JoinTokens: { Manager: string } }>("GET", "/swarm");
  for (const [index, { api }] of others.entries()) {
    await api.call("POST", "/swarm/join", {
      ListenAddr: `${address(index + 1)}:2377`,
      AdvertiseAddr: address(index + 1),
      RemoteAddrs: [`${address(0)}:2377`],
      JoinToken: JoinTokens.Manager,
    });
  }
}

async function importImages(api: EngineApi): Promise<void> {
  await importSampleImage(api);
  await api.call("POST", `/images/${sampleImage}/tag?repo=skep-sample&tag=2`);
}

async function settle(all: readonly Manager[]): Promise<void> {
  const isSettled = await waitUntil(async () => (await Promise.all(all.map(isWhole))).every(Boolean), 90, 200);
  if (!isSettled) throw new Error("The three managers did not come together again.");
  const from = Date.now();
  const isOneState = await waitUntil(async () => new Set(await Promise.all(all.map(stateSeenBy))).size === 1, 90, 100);
  if (!isOneState) throw new Error("The three managers do not tell the same.");
  const late = (Date.now() - from) / 1000;
  if (late > 1) process.stderr.write(`the managers told of different states for ${late.toFixed(1)} s\n`);
}

/** What there is, as this manager tells it; whatever each of them answers from, before a round is judged they agree. */
async function stateSeenBy({ name, api }: Manager): Promise<string> {
  try {
    const lists = await Promise.all(
      ["/services", "/secrets"].map((path) => api.call<{ ID: string; Version: { Index: number } }[]>("GET", path)),
    );
    return JSON.stringify(lists.map((list) => list.map(({ ID, Version }) => `${ID} ${Version.Index}`).sort()));
  } catch {
    return `nothing from ${name}`;
  }
}

type Node = { Status: { State: string }; Description: { Hostname: string }; ID: string } & {
  ManagerStatus?: { Leader?: boolean; Reachability: string; Addr: string };
};

/** From this manager's own side: it knows a leader, and sees all of them up. */
async function isWhole({ api }: Manager): Promise<boolean> {
  const nodes = await nodesSeenBy(api);
  const isGood = ({ Status, ManagerStatus }: Node) =>
    Status.State === "ready" && ManagerStatus?.Reachability === "reachable";
  return (
    nodes.length === names.length && nodes.every(isGood) && nodes.some(({ ManagerStatus }) => ManagerStatus?.Leader)
  );
}

async function leaderOf(all: readonly Manager[]): Promise<Manager | null> {
  for (const { api } of all) {
    const leader = (await nodesSeenBy(api)).find(({ ManagerStatus }) => ManagerStatus?.Leader);
    const last = leader?.ManagerStatus?.Addr.split(":")[0]?.split(".").at(-1);
    if (last) return all[Number(last) - 1] ?? null;
  }
  return null;
}

async function nodesSeenBy(api: EngineApi): Promise<Node[]> {
  try {
    return await api.call<Node[]>("GET", "/nodes");
  } catch {
    return [];
  }
}
