import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isEngineRunning, type RunningEngine, startEngine } from "./engine.ts";
import { controlGroups } from "./engine-leftovers.ts";
import { eraseGround } from "./erase.ts";
import { keepRunning } from "./keep-running.ts";
import { placesOf } from "./places.ts";
import { childOf, isRunning, readRunning, waitUntil } from "./process.ts";
import { importSampleImage, sampleImage } from "./sample-image.ts";

let folders: string[];
beforeEach(() => {
  folders = [];
});
afterEach(async () => {
  await Promise.all(folders.map(eraseGround));
});

function makeFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "skep engine ")));
  folders.push(folder);
  return folder;
}

async function startService({ api }: RunningEngine): Promise<string> {
  await importSampleImage(api);
  const TaskTemplate = { ContainerSpec: { Image: sampleImage, Command: ["/bin/serve"] } };
  const { ID } = await api.call<{ ID: string }>("POST", "/services/create", { Name: "one", TaskTemplate });
  return ID;
}

async function runningTasks({ api }: RunningEngine): Promise<string[]> {
  const tasks = await api.call<{ ID: string; Status: { State: string } }[]>("GET", "/tasks");
  return tasks.filter((task) => task.Status.State === "running").map((task) => task.ID);
}

/** Processes whose root of the process tree is the engine's own, as the host sees them. */
function processesOf(dataFolder: string): string[] {
  const first = childOf(readRunning(join(dataFolder, "engine.process"))?.pid ?? 0);
  if (!first) return [];
  const namespace = readlinkSync(`/proc/${first.pid}/ns/pid`);
  return readdirSync("/proc").filter((entry) => /^\d+$/.test(entry) && linkOf(`/proc/${entry}/ns/pid`) === namespace);
}

function linkOf(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

describe("the sandbox's engine", () => {
  it("runs services, has nothing on the host's network, and leaves nothing when it stops", async () => {
    const dataFolder = makeFolder();
    const places = placesOf(dataFolder);
    const engine = await startEngine({ dataFolder });
    await startService(engine);
    expect(await waitUntil(async () => (await runningTasks(engine)).length === 1, 30, 100)).toBe(true);

    const processes = processesOf(dataFolder);
    expect(processes.length).toBeGreaterThan(3);
    const host = readlinkSync("/proc/self/ns/net");
    for (const pid of processes) expect(linkOf(`/proc/${pid}/ns/net`)).not.toBe(host);
    expect(readFileSync("/proc/self/mounts", "utf8")).not.toContain(places.hash);
    expect(controlGroups(`skep-${places.hash}`)).not.toEqual([]);

    await engine.stop();
    await engine.stop();
    expect(processes.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
    expect(controlGroups(`skep-${places.hash}`)).toEqual([]);
    expect(existsSync(places.runFolder)).toBe(false);
    expect(readFileSync("/proc/self/mounts", "utf8")).not.toContain(places.hash);
  });

  it("is started again with its Swarm and its services when it ends by itself, and stays ended when it is to", async () => {
    const dataFolder = makeFolder();
    const engine = await startEngine({ dataFolder });
    await startService(engine);
    const lines: string[] = [];
    const kept = keepRunning({
      name: "The sandbox",
      isRunning: () => isEngineRunning(dataFolder),
      start: () => startEngine({ dataFolder }),
      report: (line) => lines.push(line),
    });
    process.kill(childOf(readRunning(join(dataFolder, "engine.process"))?.pid ?? 0)?.pid ?? 0, "SIGKILL");
    await expect.poll(() => lines, { timeout: 240_000, interval: 500 }).toHaveLength(2);
    expect(lines[1]).toBe("The sandbox runs again.");
    expect(await waitUntil(async () => (await runningTasks(engine)).length === 1, 60, 200)).toBe(true);
    await kept.stop();
    await engine.stop();
    expect(isEngineRunning(dataFolder)).toBe(false);
  });

  it("keeps its Swarm from one start to the next", async () => {
    const dataFolder = makeFolder();
    const first = await startEngine({ dataFolder });
    const before = await first.api.call<{ ID: string }>("GET", "/swarm");
    await startService(first);
    await first.stop();
    const second = await startEngine({ dataFolder });
    expect(await second.api.call("GET", "/swarm")).toMatchObject({ ID: before.ID });
    expect(await waitUntil(async () => (await runningTasks(second)).length === 1, 30, 100)).toBe(true);
  });

  it("is taken over where an earlier Skep was killed, and started anew where it was killed itself", async () => {
    const dataFolder = makeFolder();
    const first = await startEngine({ dataFolder });
    const record = readRunning(join(dataFolder, "engine.process"));
    const second = await startEngine({ dataFolder });
    expect(readRunning(join(dataFolder, "engine.process"))).toEqual(record);
    const { ID } = await second.api.call<{ ID: string }>("GET", "/swarm");

    const processes = processesOf(dataFolder);
    process.kill(record?.pid ?? 0, "SIGKILL");
    expect(await waitUntil(() => processes.every((pid) => !existsSync(`/proc/${pid}`)), 10)).toBe(true);
    const third = await startEngine({ dataFolder });
    expect(await third.api.call("GET", "/swarm")).toMatchObject({ ID });
    await first.stop();
    expect(record && isRunning(record)).toBe(false);
  });

  it("leaves other engines alone", async () => {
    const [here, there] = [makeFolder(), makeFolder()];
    const other = await startEngine({ dataFolder: here });
    await startService(other);
    expect(await waitUntil(async () => (await runningTasks(other)).length === 1, 30, 100)).toBe(true);
    const before = await runningTasks(other);
    const engine = await startEngine({ dataFolder: there });
    await startService(engine);
    await engine.stop();
    expect(await runningTasks(other)).toEqual(before);
  });

  it("changes no address, no open port, no rule of the firewall and no file of the host", () => {
    // In a network of its own, so that nothing else on this machine can change what is compared.
    const script = `
      import { startEngine } from ${JSON.stringify(join(import.meta.dirname, "engine.ts"))};
      import { execFileSync } from "node:child_process";
      import { readFileSync, readdirSync, existsSync } from "node:fs";
      const list = (path) => existsSync(path) ? readdirSync(path) : null;
      const ports = (name) => readFileSync("/proc/net/" + name, "utf8").split("\\n").map((line) => line.split(/\\s+/).slice(2, 4).join(" "));
      const look = () => ({
        ports: ["tcp", "tcp6", "udp", "udp6", "raw"].map(ports),
        addresses: ["fib_trie", "if_inet6", "route"].map((name) => readFileSync("/proc/net/" + name, "utf8")),
        interfaces: list("/sys/class/net") ?? [],
        rules: execFileSync("iptables-save", { encoding: "utf8" }).replace(/^#.*$/gm, ""),
        files: ["/etc/docker", "/opt", "/var/lib/docker", "/var/lib/containerd", "/run/containerd"].map(list),
      });
      execFileSync("iptables", ["-A", "FORWARD", "-j", "DROP", "-m", "comment", "--comment", "someone-elses"]);
      const before = look();
      const engine = await startEngine({ dataFolder: process.argv[1] });
      const during = look();
      await engine.stop();
      console.log(JSON.stringify({ before, during, after: look() }));
    `;
    const node = [process.execPath, "--conditions=react-server", "--input-type=module", "-e", script, makeFolder()];
    const answer = execFileSync("unshare", ["--net", "--mount", ...node], { encoding: "utf8" });
    const { before, during, after } = JSON.parse(answer);
    expect(before.rules).toContain("someone-elses");
    expect(during).toEqual(before);
    expect(after).toEqual(before);
  });
});
