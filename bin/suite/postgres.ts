import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectAs, withDatabase } from "#lib/db/connect.ts";
import { migrate } from "#lib/db/migrate.ts";
import { erasePostgres, startPostgres } from "#lib/ground/postgres.ts";
import { readRunning, writeRecord } from "#lib/ground/process.ts";

/**
 * The Postgres of one run of the tests, in a process of its own: it ends with its standard input,
 * so nothing is left whichever way the run ends. Prints one line of JSON when it is ready.
 */
const template = "skep_template";
const prefix = "skep-tests-";
const runnerFile = "runner.process";

async function main(): Promise<void> {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
  const isOver = new Promise((resolve) => {
    for (const event of ["end", "close", "error"]) process.stdin.on(event, resolve);
    process.stdin.resume();
  });
  await removeLeftovers();
  const dataFolder = mkdtempSync(join(tmpdir(), prefix));
  writeRecord(join(dataFolder, runnerFile), process.pid);
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
  const names = kept.rows.map(({ datname }) => datname).join(", ");
  process.stderr.write(`Kept until the next run, for a look: ${names} in ${dataFolder}\n`);
  return true;
}

/** What earlier runs kept, or left when they were killed: whatever has no process that would tidy it up. */
async function removeLeftovers(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    const folder = join(tmpdir(), name);
    if (!name.startsWith(prefix) || readRunning(join(folder, runnerFile)) || isFresh(folder)) continue;
    await erase(folder).catch((error: unknown) => process.stderr.write(`${folder} stays: ${String(error)}\n`));
  }
}

/** Another run may have made it just now and not yet said whose it is. */
function isFresh(folder: string): boolean {
  const made = statSync(folder, { throwIfNoEntry: false })?.birthtimeMs ?? Date.now();
  return Date.now() - made < 5000;
}

async function erase(dataFolder: string): Promise<void> {
  await erasePostgres(dataFolder);
  rmSync(dataFolder, { recursive: true, force: true });
}

await main();
