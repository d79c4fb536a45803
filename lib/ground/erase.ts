import "server-only";
import { rmSync } from "node:fs";
import { eraseEngine } from "./engine.ts";
import { eraseOrdersDatabase } from "./orders-database.ts";
import { makeDataFolder, placesOf } from "./places.ts";
import { erasePostgres } from "./postgres.ts";

/** Ends all that runs for a data folder and removes all that it ever put outside of it. For tests: the data are gone. */
export async function eraseGround(folder: string): Promise<void> {
  const dataFolder = makeDataFolder(folder);
  const { runFolder, sharedFolder } = placesOf(dataFolder);
  await Promise.all([eraseEngine(dataFolder), erasePostgres(dataFolder), eraseOrdersDatabase(dataFolder)]);
  for (const path of [runFolder, sharedFolder, dataFolder]) rmSync(path, { recursive: true, force: true });
}
