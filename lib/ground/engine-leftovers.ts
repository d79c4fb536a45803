import "server-only";
import { existsSync, readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { waitUntil } from "./process.ts";

const root = "/sys/fs/cgroup";

/** Control groups outlive their processes: removes a tree of them from every hierarchy, waiting for the last process to go. */
export async function removeControlGroups(name: string): Promise<void> {
  const found = controlGroups(name);
  await waitUntil(() => found.every(removeTree), 5);
}

/** Where a group of this name is: at the top of the one hierarchy (v2), or of each (v1). */
export function controlGroups(name: string): string[] {
  if (!existsSync(root)) return [];
  const tops = [
    root,
    ...readdirSync(root, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? join(root, entry.name) : [],
    ),
  ];
  return tops.map((top) => join(top, name)).filter((path) => existsSync(path));
}

function removeTree(path: string): boolean {
  if (!existsSync(path)) return true;
  try {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (entry.isDirectory()) removeTree(join(path, entry.name));
    }
    rmdirSync(path);
    return true;
  } catch {
    return false;
  }
}
