import "server-only";
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeDataFolder } from "./places.ts";

/** The session secret of a data folder, made at the first start. Removing the file signs everybody out. */
export function keptSessionSecret(folder: string): string {
  const path = join(makeDataFolder(folder), "session-secret");
  if (!existsSync(path)) {
    const unfinished = `${path}.${process.pid}`;
    writeFileSync(unfinished, randomBytes(48).toString("base64url"), { mode: 0o600 });
    renameSync(unfinished, path);
  }
  return readFileSync(path, "utf8").trim();
}
