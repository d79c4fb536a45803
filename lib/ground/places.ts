import "server-only";
import { createHash } from "node:crypto";
import { accessSync, chmodSync, constants, lstatSync, mkdirSync, realpathSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AppError } from "#lib/errors.ts";

/** Where things of one data folder go that cannot live inside it. */
export type Places = {
  /** For sockets: their paths may have 107 bytes at most. Made anew at each start. */
  runFolder: string;
  /** For what another system user must reach, or what a file system cannot bear under the data folder's own path. Root only. */
  sharedFolder: string;
  /** Twelve hex digits, the same for the same data folder. */
  hash: string;
};

export const isRoot = process.getuid?.() === 0;

/** Makes the data folder if it is not there, closed to everybody else. */
export function makeDataFolder(dataFolder: string): string {
  try {
    mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
    accessSync(dataFolder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    const sentence = `The data folder ${dataFolder} cannot be written to. Start as its owner, or set SKEP_DATA_DIR to another.`;
    throw new AppError("unexpected", sentence, { cause });
  }
  return realpathSync(dataFolder);
}

export function placesOf(dataFolder: string): Places {
  const hash = createHash("sha256").update(realpathSync(dataFolder)).digest("hex").slice(0, 12);
  return {
    runFolder: isRoot ? `/run/skep-${hash}` : temporaryRunFolder(hash),
    sharedFolder: `/var/lib/skep/${hash}`,
    hash,
  };
}

/** The temp folder is everybody's: a folder that another user put there under our name is refused, not used. */
export function makeRunFolder({ runFolder }: Places): void {
  mkdirSync(runFolder, { recursive: true, mode: isRoot ? 0o711 : 0o700 });
  const found = lstatSync(runFolder);
  if (!found.isDirectory() || found.uid !== process.getuid?.()) {
    throw new AppError("unexpected", `${runFolder} belongs to another user. Remove it and start again.`);
  }
  chmodSync(runFolder, isRoot ? 0o711 : 0o700);
}

/** Once nothing that was started is left in it. */
export function removeRunFolder({ runFolder }: Places): void {
  try {
    rmdirSync(runFolder);
  } catch {
    // Something else of this data folder still runs.
  }
}

function temporaryRunFolder(hash: string): string {
  const name = `skep-${process.getuid?.()}-${hash}`;
  const longestSocket = 30;
  const preferred = join(tmpdir(), name);
  return Buffer.byteLength(preferred) + longestSocket <= 107 ? preferred : join("/tmp", name);
}
