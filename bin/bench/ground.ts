import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { closeDatabase } from "#lib/db/client.ts";
import { migrate } from "#lib/db/migrate.ts";
import { configurationFrom, configure, readEnvironment } from "#lib/env.ts";
import { eraseEngine, type RunningEngine, startEngine } from "#lib/ground/engine.ts";
import { erasePostgres, type RunningPostgres, startPostgres } from "#lib/ground/postgres.ts";
import { closeSwarm } from "#lib/swarm/connect.ts";
import { prepareEngine } from "../suite/prepare.ts";
import { atEnd } from "./cleanup.ts";

/** A folder of the bench's own, gone at its end. */
export function benchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "skep-bench-"));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A migrated Postgres of the bench's own. */
export async function benchPostgres(dataFolder: string): Promise<RunningPostgres> {
  atEnd(() => erasePostgres(dataFolder));
  const postgres = await startPostgres({ dataFolder });
  await migrate(postgres);
  return postgres;
}

/** A Postgres and a Swarm of the bench's own, which Skep in this process is pointed at. */
export async function benchGround(): Promise<{ engine: RunningEngine; ownerUrl: string }> {
  await prepareEngine();
  const dataFolder = benchFolder();
  const { ownerUrl, applicationUrl } = await benchPostgres(dataFolder);
  atEnd(() => eraseEngine(dataFolder));
  const engine = await startEngine({ dataFolder });
  const docker = { host: engine.host, certPath: null, isTlsVerified: false };
  const sessionSecret = "only-for-the-bench";
  configure(configurationFrom(readEnvironment({}), { databaseUrl: applicationUrl, docker, sessionSecret }));
  atEnd(closeDatabase);
  atEnd(closeSwarm);
  return { engine, ownerUrl };
}
