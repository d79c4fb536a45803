import { existsSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename } from "node:path";
import { controlGroups } from "#lib/ground/engine-leftovers.ts";
import type { Places } from "#lib/ground/places.ts";

/** Processes, mounts, folders and control groups that still name the folder of a proof that has ended. */
export function leftBehind(folder: string, { hash, runFolder }: Places): string[] {
  const name = basename(folder);
  const processes = readdirSync("/proc").filter(
    (entry) => /^\d+$/.test(entry) && textOf(`/proc/${entry}/cmdline`).includes(name),
  );
  const mounts = textOf("/proc/self/mounts").split("\n");
  return [
    ...processes.map((id) => `process ${id}`),
    ...mounts.filter((line) => line.includes(name)).map((line) => `mount ${line}`),
    ...[folder, runFolder].filter((path) => existsSync(path)),
    ...controlGroups(`skep-${hash}`),
    ...readdirSync(tmpdir()).filter((entry) => entry.startsWith(`${name}-`)),
  ];
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
