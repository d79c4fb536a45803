import "server-only";
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "#lib/errors.ts";
import { type EngineApi, engineApi } from "./engine-api.ts";
import { removeControlGroups } from "./engine-leftovers.ts";
import { findEngineProgram } from "./engine-program.ts";
import { isRoot, makeDataFolder, makeRunFolder, type Places, placesOf, removeRunFolder } from "./places.ts";
import {
  bareEnvironment,
  childOf,
  endProcess,
  forgetRecord,
  isRunning,
  readRunning,
  waitUntil,
  writeRecord,
} from "./process.ts";

export type RunningEngine = {
  /** As DOCKER_HOST would say it. */
  host: string;
  socketPath: string;
  api: EngineApi;
  /** Ends the engine and all its containers; the Swarm's state stays. Safe to call twice. */
  stop(): Promise<void>;
};

/**
 * Starts a private Docker engine with a Swarm of its own, or takes over the one that an earlier Skep left running.
 * It lives in namespaces of its own for network, mounts and processes, and has no socket but a Unix one:
 * when its first process ends, the kernel takes the rest with it.
 */
export async function startEngine(options: { dataFolder: string }): Promise<RunningEngine> {
  if (!isRoot) {
    throw new AppError(
      "swarm-unreachable",
      "The sandbox Swarm needs root. Run as root, or set DOCKER_HOST to a Swarm manager.",
    );
  }
  const dataFolder = makeDataFolder(options.dataFolder);
  const places = placesOf(dataFolder);
  const socketPath = join(places.runFolder, "docker.sock");
  const engine: RunningEngine = {
    host: `unix://${socketPath}`,
    socketPath,
    api: engineApi(socketPath),
    stop: () => stopEngine(dataFolder),
  };
  const leftover = readRunning(recordPathOf(dataFolder));
  if (!leftover || !(await waitUntil(() => answers(engine), 10, 50))) {
    await stopEngine(dataFolder);
    await launch(dataFolder, places, engine);
  }
  await ensureSwarm(engine);
  return engine;
}

/** Whether the engine of a data folder runs, whoever started it. */
export function isEngineRunning(dataFolder: string): boolean {
  return readRunning(recordPathOf(dataFolder)) !== null;
}

/** Ends the engine of a data folder, whoever started it, and removes its images, containers and Swarm. For tests. */
export async function eraseEngine(dataFolder: string): Promise<void> {
  await stopEngine(dataFolder);
  rmSync(engineFolderOf(dataFolder, placesOf(dataFolder)), { recursive: true, force: true });
}

async function launch(dataFolder: string, places: Places, engine: RunningEngine): Promise<void> {
  const program = findEngineProgram();
  if (!program)
    throw new AppError("swarm-unreachable", "No Docker engine is installed. Run `apt-get install docker.io`.");
  const folder = engineFolderOf(dataFolder, places);
  for (const name of ["etc", "run"]) mkdirSync(join(folder, name), { recursive: true, mode: 0o711 });
  makeRunFolder(places);
  // What Docker remembers of networks belongs to a namespace that is gone; taking leave of each costs it 70 ms.
  rmSync(join(folder, "data/network"), { recursive: true, force: true });
  const configPath = join(folder, "daemon.json");
  writeFileSync(configPath, "{}");
  const logPath = join(dataFolder, "engine.log");
  const log = openSync(logPath, "w", 0o600);
  const child = spawn(
    "unshare",
    [
      ...["--net", "--mount", "--propagation", "slave", "--pid", "--fork", "--kill-child", "--mount-proc"],
      ...["sh", "-c", insideScript, "sh", folder, places.runFolder],
      ...[program, "--config-file", configPath, "--data-root", join(folder, "data")],
      ...["--exec-root", join(places.runFolder, "engine"), "--pidfile", join(places.runFolder, "engine.pid")],
      ...["-H", engine.host, "--cgroup-parent", `/${controlGroupOf(places)}`],
      ...["--exec-opt", "native.cgroupdriver=cgroupfs", "--shutdown-timeout", "5"],
      // Nothing of the sandbox talks to a network: without a bridge and rules, containers start faster.
      ...["--bridge", "none", "--iptables=false", "--ip6tables=false", "--userland-proxy=false"],
    ],
    { cwd: "/", detached: true, stdio: ["ignore", log, log], env: engineEnvironment },
  );
  closeSync(log);
  child.on("error", () => undefined);
  child.unref();
  const record = child.pid === undefined ? null : writeRecord(recordPathOf(dataFolder), child.pid);
  const isUp = record && (await waitUntil(() => !isRunning(record) || answers(engine), 60));
  if (!isUp || !isRunning(record)) {
    await engine.stop();
    throw new AppError("swarm-unreachable", `The sandbox's Docker engine did not start. ${logPath} says why.`);
  }
}

/** An image that is there is taken as it is, instead of asking a registry that cannot be reached for each task. */
const engineEnvironment = { ...bareEnvironment, DOCKER_SERVICE_PREFER_OFFLINE_IMAGE: "1" };

/**
 * Runs as the first process of the namespaces. What Docker keeps at fixed places on a machine is covered, so that
 * the host's files stay as they are; the shell reaps orphans and passes SIGTERM on.
 */
const insideScript = `
folder=$1 run=$2
shift 2
busybox ip link set lo up || ip link set lo up || exit 1
[ -d /etc/docker ] && mount --bind "$folder/etc" /etc/docker
[ -d /opt ] && mount -t tmpfs tmpfs /opt
mount --bind "$run" "$folder/run" && mount -t tmpfs -o mode=755 tmpfs /run && mkdir "$run" && mount --move "$folder/run" "$run" || exit 1
"$@" &
daemon=$!
trap 'kill -TERM $daemon' TERM
wait $daemon
wait $daemon
`;

async function ensureSwarm({ api }: RunningEngine): Promise<void> {
  const { Swarm } = await api.call<{ Swarm: { LocalNodeState: string } }>("GET", "/info");
  if (Swarm.LocalNodeState === "inactive") {
    await api.call("POST", "/swarm/init", { ListenAddr: "127.0.0.1:2377", AdvertiseAddr: "127.0.0.1", Spec: {} });
  }
  const isManager = await waitUntil(() => hasSwarm(api), 30, 50);
  if (!isManager)
    throw new AppError("swarm-no-leader", "The sandbox's Swarm did not come back. Remove its folder to begin anew.");
}

async function hasSwarm(api: EngineApi): Promise<boolean> {
  try {
    await api.call("GET", "/swarm");
    return true;
  } catch {
    return false;
  }
}

async function answers({ api }: RunningEngine): Promise<boolean> {
  try {
    await api.call("GET", "/_ping");
    return true;
  } catch {
    return false;
  }
}

async function stopEngine(dataFolder: string): Promise<void> {
  const places = placesOf(dataFolder);
  const record = readRunning(recordPathOf(dataFolder));
  const first = record && childOf(record.pid);
  if (first) {
    await endProcess(first, [
      { signal: "SIGTERM", seconds: 15 },
      { signal: "SIGKILL", seconds: 10 },
    ]);
  }
  if (record) {
    await waitUntil(() => !isRunning(record), 2);
    await endProcess(record, [{ signal: "SIGKILL", seconds: 5 }]);
  }
  forgetRecord(recordPathOf(dataFolder));
  await removeControlGroups(controlGroupOf(places));
  for (const name of ["engine", "engine.pid", "docker.sock"]) {
    rmSync(join(places.runFolder, name), { recursive: true, force: true });
  }
  removeRunFolder(places);
}

function recordPathOf(dataFolder: string): string {
  return join(dataFolder, "engine.process");
}

function controlGroupOf({ hash }: Places): string {
  return `skep-${hash}`;
}

/** Docker's layered file system takes its folders as a list in mount options: some characters have a meaning there. */
function engineFolderOf(dataFolder: string, { sharedFolder }: Places): string {
  return join(/[,:"\\]/.test(dataFolder) ? sharedFolder : dataFolder, "engine");
}
