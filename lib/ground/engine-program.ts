import "server-only";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { bareEnvironment } from "./process.ts";

/** The Docker engine's program, where one is installed. */
export function findEngineProgram(): string | null {
  return findProgram("dockerd");
}

export function findProgram(name: string): string | null {
  const folders = (bareEnvironment.PATH ?? "").split(":");
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}
