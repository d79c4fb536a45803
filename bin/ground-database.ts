import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { env } from "#lib/env.ts";
import { AppError } from "#lib/errors.ts";
import { findHolder, lockDataFolder } from "#lib/ground/lock.ts";
import { startPostgres } from "#lib/ground/postgres.ts";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

type Found = { databaseUrl: string; sessionSecret: string | null };

/**
 * Lends the console's database to a command: the operator's own, or the embedded one. Where no Skep runs, that one is
 * started for as long as the command takes; beside a running Skep it is only used.
 */
export async function withGroundDatabase<Result>(work: (found: Found) => Promise<Result>): Promise<Result> {
  const { databaseUrl, dataFolder, sessionSecret } = env();
  const secret = sessionSecret ?? readKeptSecret(dataFolder);
  if (databaseUrl) return work({ databaseUrl, sessionSecret: secret });
  if (!existsSync(join(dataFolder, "postgres"))) {
    throw new AppError(
      "not-found",
      `There is no database in ${dataFolder}. Set SKEP_DATA_DIR or DATABASE_URL to where it is.`,
    );
  }
  const lock = findHolder(dataFolder) ? null : await lockDataFolder(dataFolder);
  try {
    const postgres = await startPostgres({ dataFolder });
    if (lock)
      for (const signal of signals) process.once(signal, () => void postgres.stop().then(() => process.exit(130)));
    try {
      return await work({ databaseUrl: postgres.applicationUrl, sessionSecret: secret });
    } finally {
      if (lock) await postgres.stop();
    }
  } finally {
    await lock?.release();
  }
}

function readKeptSecret(dataFolder: string): string | null {
  const path = join(dataFolder, "session-secret");
  return existsSync(path) ? readFileSync(path, "utf8").trim() : null;
}
