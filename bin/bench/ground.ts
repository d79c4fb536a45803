import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { closeDatabase } from "../../lib/db/client.ts";
import { migrate } from "../../lib/db/migrate.ts";
import { configurationFrom, configure, readEnvironment } from "../../lib/env.ts";
import { eraseEngine, type RunningEngine, startEngine } from "../../lib/ground/engine.ts";
import { erasePostgres, startPostgres } from "../../lib/ground/postgres.ts";
import { closeSwarm } from "../../lib/swarm/connect.ts";

export type BenchGround = { engine: RunningEngine; ownerUrl: string };

/** A Postgres and a Swarm of the bench's own, which Skep is pointed at; both are gone afterwards, whatever happens. */
export async function onBenchGround(measure: (ground: BenchGround) => Promise<void>): Promise<void> {
  const dataFolder = mkdtempSync(join(tmpdir(), "skep-bench-"));
  try {
    const [{ ownerUrl, applicationUrl }, engine] = await Promise.all([
      startPostgres({ dataFolder }),
      startEngine({ dataFolder }),
    ]);
    await migrate({ ownerUrl, applicationUrl });
    const docker = { host: engine.host, certPath: null, isTlsVerified: false };
    const sessionSecret = "only-for-the-bench";
    configure(configurationFrom(readEnvironment({}), { databaseUrl: applicationUrl, docker, sessionSecret }));
    await measure({ engine, ownerUrl });
  } finally {
    await closeSwarm();
    await closeDatabase();
    await eraseEngine(dataFolder);
    await erasePostgres(dataFolder);
    rmSync(dataFolder, { recursive: true, force: true });
  }
}
