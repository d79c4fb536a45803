import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type EngineApi, EngineRefusal, engineApi } from "#lib/ground/engine-api.ts";
import { bareEnvironment, childOf, isRunning, type ProcessRecord, recordOf, waitUntil } from "#lib/ground/process.ts";
import type { Manager } from "./managers.ts";
import { insideNode, insideSwitch } from "./namespaces.ts";

/** Answers with the first process of the outer namespaces. Its standard input is what keeps it alive. */
export async function startSwitch(folder: string, runFolder: string, count: number): Promise<ProcessRecord> {
  const log = openSync(join(folder, "switch.log"), "w", 0o600);
  const namespaces = ["--net", "--mount", "--propagation", "slave", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const child = spawn("unshare", [...namespaces, "sh", "-c", insideSwitch, "sh", folder, runFolder, String(count)], {
    cwd: "/",
    detached: true,
    stdio: ["pipe", log, log],
    env: bareEnvironment,
  });
  closeSync(log);
  child.on("error", () => undefined);
  child.unref();
  const isReady = await waitUntil(() => existsSync(join(folder, "switch/ready")) || child.exitCode !== null, 20);
  const first = child.pid === undefined ? null : childOf(child.pid);
  if (!isReady || !first) throw new Error("The switch between the managers could not be made; see switch.log.");
  return first;
}

type Making = {
  name: string;
  index: number;
  folder: string;
  runFolder: string;
  hub: ProcessRecord;
  program: string;
  group: string;
};

/** A node on the switch; its engine runs from `start` on. */
export function managerOf(making: Making): Manager {
  const { name, index, runFolder, hub } = making;
  const socketPath = join(runFolder, `${name}.sock`);
  const api = engineApi(socketPath, 10);
  let first: ProcessRecord | null = null;
  const link = (state: "up" | "down") =>
    run("nsenter", [...inHub(hub), "--net", "ip", "link", "set", `v${index + 1}`, state]);
  return {
    name,
    socketPath,
    api,
    kill() {
      if (first && isRunning(first)) process.kill(first.pid, "SIGKILL");
    },
    async start() {
      const gone = first;
      if (gone) await waitUntil(() => !isRunning(gone), 10);
      first = await startNode(making, socketPath, api);
    },
    cutOff: () => link("down"),
    joinAgain: () => link("up"),
  };
}

async function startNode(making: Making, socketPath: string, api: EngineApi): Promise<ProcessRecord> {
  const { name, folder, runFolder, hub, program, group } = making;
  const own = join(folder, name);
  const runPath = join(runFolder, name);
  for (const part of ["etc", "data"]) mkdirSync(join(own, part), { recursive: true, mode: 0o711 });
  // What a killed engine left: networks of namespaces that are gone, and the number of a process that is.
  for (const path of [join(own, "data/network"), runPath, socketPath]) {
    rmSync(path, { recursive: true, force: true });
  }
  writeFileSync(join(own, "etc/none.json"), "{}");
  const log = openSync(join(own, "engine.log"), "a", 0o600);
  const child = spawn(
    "nsenter",
    [
      ...[...inHub(hub), "nsenter", `--net=/run/netns/${name}`],
      ...["unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"],
      ...["sh", "-c", insideNode, "sh", own, program],
      ...["--config-file", join(own, "etc/none.json"), "--data-root", join(own, "data")],
      ...["--exec-root", runPath, "--pidfile", join(runPath, "pid"), "-H", `unix://${socketPath}`],
      ...["--cgroup-parent", `/${group}`, "--exec-opt", "native.cgroupdriver=cgroupfs"],
      ...["--bridge", "none", "--iptables=false", "--ip6tables=false", "--userland-proxy=false"],
    ],
    { cwd: "/", detached: true, stdio: ["ignore", log, log], env: nodeEnvironment },
  );
  closeSync(log);
  child.on("error", () => undefined);
  child.unref();
  const isUp = await waitUntil(() => child.exitCode !== null || answers(api), 60, 50);
  const outer = child.pid === undefined ? null : childOf(child.pid);
  const first = outer && childOf(outer.pid);
  if (!isUp || !first || !recordOf(first.pid)) throw new Error(`The engine ${name} did not start; see its engine.log.`);
  return first;
}

const nodeEnvironment = { ...bareEnvironment, DOCKER_SERVICE_PREFER_OFFLINE_IMAGE: "1" };

function inHub(hub: ProcessRecord): string[] {
  return ["--target", String(hub.pid), "--mount", "--pid"];
}

async function answers(api: EngineApi): Promise<boolean> {
  try {
    await api.call("GET", "/_ping");
    return true;
  } catch (error) {
    return error instanceof EngineRefusal;
  }
}

async function run(program: string, commandLine: string[]): Promise<void> {
  const child = spawn(program, commandLine, { stdio: "ignore", env: bareEnvironment });
  const code = await new Promise((resolve) => child.once("error", resolve).once("close", resolve));
  if (code !== 0) throw new Error(`${program} ${commandLine.join(" ")} failed: ${code}`);
}
