import "server-only";
import { rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { AppError } from "#lib/errors.ts";
import { makeDataFolder, placesOf } from "./places.ts";
import { type ProcessRecord, readRunning, writeRecord } from "./process.ts";

/**
 * Holds a data folder for this process. The kernel's own list of socket names decides, so that two at once cannot both win
 * and nothing stays locked after a crash; the file beside it says who it is.
 */
export async function lockDataFolder(folder: string): Promise<{ release(): Promise<void> }> {
  const dataFolder = makeDataFolder(folder);
  const path = join(dataFolder, "skep.process");
  const server = await takeName(`\0skep-data-${placesOf(dataFolder).hash}`);
  const holder = readRunning(path);
  if (!server || (holder && holder.pid !== process.pid)) {
    await release(server);
    const who = holder ? `process ${holder.pid}` : "another process";
    throw new AppError(
      "busy",
      `Skep already runs with the data folder ${dataFolder} (${who}). Stop it, or set SKEP_DATA_DIR to another folder.`,
    );
  }
  writeRecord(path, process.pid);
  return {
    async release() {
      rmSync(path, { force: true });
      await release(server);
    },
  };
}

/** Who holds a data folder now, if anyone does. */
export function findHolder(dataFolder: string): ProcessRecord | null {
  return readRunning(join(dataFolder, "skep.process"));
}

function takeName(name: string): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer((connection) => connection.destroy());
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(null) : reject(error),
    );
    server.listen(name, () => {
      server.unref();
      resolve(server);
    });
  });
}

function release(server: Server | null): Promise<void> {
  return new Promise((resolve) => {
    if (!server?.listening) return resolve();
    server.close(() => resolve());
  });
}
