import "server-only";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/** One process for ever: a pid comes back after a while, with this start time and boot it does not. */
export type ProcessRecord = { pid: number; startedAt: string; bootId: string };

/** What is started beside Skep gets no setting and no secret of Skep's environment. */
export const bareEnvironment = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  LC_ALL: "C",
  TZ: "UTC",
} as unknown as NodeJS.ProcessEnv;

/** The record of a process that runs, or null when there is none with this pid (a zombie counts as none). */
export function recordOf(pid: number): ProcessRecord | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const startedAt = fields[19];
    if (fields[0] === "Z" || fields[0] === "X" || !startedAt) return null;
    return { pid, startedAt, bootId: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim() };
  } catch {
    return null;
  }
}

/** The first child of a process, found by its parent's pid. */
export function childOf(parent: number): ProcessRecord | null {
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, "utf8");
      if (Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) === parent) return recordOf(Number(entry));
    } catch {
      // It ended while we looked.
    }
  }
  return null;
}

export function isRunning(record: ProcessRecord): boolean {
  const present = recordOf(record.pid);
  return present !== null && present.startedAt === record.startedAt && present.bootId === record.bootId;
}

/** The process that a file remembers, if it still runs. */
export function readRunning(path: string): ProcessRecord | null {
  try {
    const record = JSON.parse(readFileSync(path, "utf8")) as ProcessRecord;
    return isRunning(record) ? record : null;
  } catch {
    return null;
  }
}

/** Remembers a process that was just started. Throws when it has ended already. */
export function writeRecord(path: string, pid: number): ProcessRecord {
  const record = recordOf(pid);
  if (!record) throw new Error(`The process ${pid} ended at once.`);
  writeFileSync(path, JSON.stringify(record), { mode: 0o600 });
  return record;
}

export function forgetRecord(path: string): void {
  rmSync(path, { force: true });
}

/** Sends each signal in turn and gives it its time; returns when the process is gone, which the last one must achieve. */
export async function endProcess(
  record: ProcessRecord,
  signals: readonly { signal: NodeJS.Signals; seconds: number }[],
): Promise<void> {
  for (const { signal, seconds } of signals) {
    if (!isRunning(record)) return;
    try {
      process.kill(record.pid, signal);
    } catch {
      return;
    }
    if (await waitUntil(() => !isRunning(record), seconds)) return;
  }
  throw new Error(`The process ${record.pid} could not be ended.`);
}

/** Asks again and again until the answer is yes (true) or the time is over (false). */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  seconds: number,
  everyMilliseconds = 20,
): Promise<boolean> {
  const deadline = performance.now() + seconds * 1000;
  while (performance.now() < deadline) {
    if (await condition()) return true;
    await delay(everyMilliseconds);
  }
  return condition();
}
