import { execFileSync } from "node:child_process";
import { readdirSync, readlinkSync } from "node:fs";
import { availableParallelism } from "node:os";

/**
 * From now on the engine with its containers has one processor, and everything that this bench started another one: as
 * where the nodes of a Swarm are machines of their own. False where there is only one processor. The engine lives in a
 * namespace of processes of its own, by which it is told; what is started later is where its parent is.
 */
export function keepApart(): boolean {
  if (availableParallelism() < 2) return false;
  const own = namespaceOf("self");
  const parents = parentsByPid();
  for (const name of readdirSync("/proc")) {
    const namespace = /^\d+$/.test(name) ? namespaceOf(name) : null;
    if (namespace === null) continue;
    if (namespace !== own) pin(name, 0);
    else if (isOurs(Number(name), parents)) pin(name, 1);
  }
  return true;
}

/** Null where the process has ended, or has no such thing. */
function namespaceOf(pid: string): string | null {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return null;
  }
}

/** This process, and those that descend from it. */
function isOurs(pid: number, parents: ReadonlyMap<number, number>): boolean {
  for (let at = pid; at > 1; at = parents.get(at) ?? 0) if (at === process.pid) return true;
  return false;
}

function parentsByPid(): Map<number, number> {
  const lines = execFileSync("ps", ["-eo", "pid=,ppid="], { encoding: "utf8" }).trim().split("\n");
  return new Map(lines.map((line) => line.trim().split(/\s+/).map(Number) as [number, number]));
}

function pin(pid: string, processor: number): void {
  try {
    execFileSync("taskset", ["--all-tasks", "--pid", "--cpu-list", String(processor), pid], { stdio: "ignore" });
  } catch {
    // It has ended meanwhile.
  }
}
