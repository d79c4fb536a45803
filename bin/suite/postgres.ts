import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectAs, withDatabase } from "#lib/db/connect.ts";
import { migrate } from "#lib/db/migrate.ts";
import { erasePostgres, startPostgres } from "#lib/ground/postgres.ts";

/**
 * The Postgres of one run of the tests, in a process of its own: it ends with its standard input,
 * so nothing is left whichever way the run ends. Prints one line of JSON when it is ready.
 */
const template = "skep_template";
const prefix = "skep-tests-";
const failedMark = "a-test-failed";

async function main(): Promise<void> {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
  const isOver = new Promise((resolve) => process.stdin.on("close", resolve).on("error", resolve).resume());
  await removeKept();
  const dataFolder = mkdtempSync(join(tmpdir(), prefix));
  let isKept = false;
  try {
    const { ownerUrl, applicationUrl, stop } = await startPostgres({ dataFolder });
    await connectAs(ownerUrl, (client) => client.query(`CREATE DATABASE ${template}`));
    await migrate({
      ownerUrl: withDatabase(ownerUrl, template),
      applicationUrl: withDatabase(applicationUrl, template),
    });
    process.stdout.write(`${JSON.stringify({ ownerUrl, applicationUrl, template })}\n`);
    await isOver;
    isKept = await keepFailed(ownerUrl, dataFolder);
    if (isKept) await stop();
  } finally {
    if (!isKept) await erase(dataFolder);
  }
}

/** A failed test leaves its database behind; the next run removes it. */
async function keepFailed(ownerUrl: string, dataFolder: string): Promise<boolean> {
  const kept = await connectAs(ownerUrl, (client) =>
    client.query<{ datname: string }>("SELECT datname FROM pg_database WHERE datname ~ '^test_'"),
  );
  if (kept.rows.length === 0) return false;
  writeFileSync(join(dataFolder, failedMark), "");
  const names = kept.rows.map(({ datname }) => datname).join(", ");
  process.stderr.write(`Kept until the next run, for a look: ${names} in ${dataFolder}\n`);
  return true;
}

/** What earlier runs kept. Runs that are still under way have no mark. */
async function removeKept(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    const folder = join(tmpdir(), name);
    if (name.startsWith(prefix) && existsSync(join(folder, failedMark))) await erase(folder);
  }
}

async function erase(dataFolder: string): Promise<void> {
  await erasePostgres(dataFolder);
  rmSync(dataFolder, { recursive: true, force: true });
}

await main();
