import "server-only";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chownSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "#lib/errors.ts";
import { isRoot, makeDataFolder, makeRunFolder, placesOf, removeRunFolder } from "./places.ts";
import { canReach, type PostgresUser, postgresBinaries, postgresUser } from "./postgres-binaries.ts";
import { initialisePostgres } from "./postgres-initialise.ts";
import {
  bareEnvironment,
  endProcess,
  forgetRecord,
  isRunning,
  readRunning,
  waitUntil,
  writeRecord,
} from "./process.ts";

export type RunningPostgres = {
  /** The role that migrates. It may create databases, for tests. */
  ownerUrl: string;
  /** The role that the console works with: it owns nothing. */
  applicationUrl: string;
  /** Ends Postgres and leaves no socket; the data stay. Safe to call twice. */
  stop(): Promise<void>;
};

type Kept = { dataDirectory: string; ownerPassword: string; applicationPassword: string };

/**
 * Starts the embedded Postgres of a data folder, or takes over the one that an earlier Skep left running.
 * It listens on a Unix socket only. The same data folder always gives the same URLs.
 */
export async function startPostgres(options: { dataFolder: string }): Promise<RunningPostgres> {
  const dataFolder = makeDataFolder(options.dataFolder);
  const places = placesOf(dataFolder);
  const user = postgresUser();
  const binaries = postgresBinaries(user);
  const kept = readKept(dataFolder) ?? decideAndKeep(dataFolder, places.sharedFolder, user);
  const socketFolder = join(places.runFolder, "postgres");
  const recordPath = join(dataFolder, "postgres.process");
  const running: RunningPostgres = {
    ownerUrl: urlOf("skep_owner", kept.ownerPassword, socketFolder),
    applicationUrl: urlOf("skep_app", kept.applicationPassword, socketFolder),
    stop: () => stopPostgres(dataFolder),
  };

  const leftover = readRunning(recordPath);
  if (leftover) {
    if (await waitUntil(() => isReady(kept.dataDirectory, leftover.pid), 10)) return running;
    await running.stop();
  }
  makeRunFolder(places);
  mkdirSync(socketFolder, { recursive: true, mode: 0o700 });
  if (user.uid !== undefined && user.gid !== undefined) chownSync(socketFolder, user.uid, user.gid);
  if (!existsSync(join(kept.dataDirectory, "PG_VERSION"))) await initialisePostgres({ ...kept, binaries, user });
  await launch({ dataFolder, dataDirectory: kept.dataDirectory, binaries, user, socketFolder, recordPath, running });
  return running;
}

/** Ends the Postgres of a data folder, whoever started it, and removes what of it lies outside that folder. For tests. */
export async function erasePostgres(dataFolder: string): Promise<void> {
  const kept = readKept(dataFolder);
  await stopPostgres(dataFolder);
  if (kept) rmSync(kept.dataDirectory, { recursive: true, force: true });
}

async function launch(start: {
  dataFolder: string;
  dataDirectory: string;
  binaries: string;
  user: PostgresUser;
  socketFolder: string;
  recordPath: string;
  running: RunningPostgres;
}): Promise<void> {
  const logPath = join(start.dataFolder, "postgres.log");
  const log = openSync(logPath, "a", 0o600);
  const child = spawn(
    join(start.binaries, "bin/postgres"),
    ["-D", start.dataDirectory, ...serverSettings(start.socketFolder).flatMap((line) => ["-c", line])],
    { ...start.user, cwd: "/", detached: true, stdio: ["ignore", log, log], env: bareEnvironment },
  );
  closeSync(log);
  child.on("error", () => undefined);
  child.unref();
  const record = child.pid === undefined ? null : writeRecord(start.recordPath, child.pid);
  const isUp = record && (await waitUntil(() => !isRunning(record) || isReady(start.dataDirectory, record.pid), 60));
  if (!isUp || !isRunning(record)) {
    await start.running.stop();
    throw new AppError("database-unreachable", `The embedded Postgres did not start. ${logPath} says why.`);
  }
}

function serverSettings(socketFolder: string): string[] {
  return [
    "listen_addresses=",
    `unix_socket_directories=${quoteListEntry(socketFolder)}`,
    "max_connections=200",
    "shared_buffers=32MB",
    "io_method=sync",
    "wal_level=minimal",
    "max_wal_senders=0",
    "jit=off",
    // Statements carry names of secrets; the log is for what Postgres itself has to say.
    "log_min_error_statement=panic",
    "log_timezone=UTC",
  ];
}

async function stopPostgres(dataFolder: string): Promise<void> {
  const places = placesOf(dataFolder);
  const recordPath = join(dataFolder, "postgres.process");
  const record = readRunning(recordPath);
  if (record) {
    await endProcess(record, [
      { signal: "SIGINT", seconds: 10 },
      { signal: "SIGQUIT", seconds: 5 },
      { signal: "SIGKILL", seconds: 5 },
    ]);
  }
  forgetRecord(recordPath);
  rmSync(join(places.runFolder, "postgres"), { recursive: true, force: true });
  removeRunFolder(places);
}

function readKept(dataFolder: string): Kept | null {
  const path = join(dataFolder, "postgres.json");
  if (!existsSync(path)) return null;
  return JSON.parse(readFileSync(path, "utf8")) as Kept;
}

/** Where the data lie is decided once: were it decided at every start, a changed permission would lose them. */
function decideAndKeep(dataFolder: string, sharedFolder: string, user: PostgresUser): Kept {
  const isOpen = !isRoot || canReach(dataFolder, user);
  const kept = {
    dataDirectory: join(isOpen ? dataFolder : sharedFolder, "postgres"),
    ownerPassword: randomBytes(24).toString("base64url"),
    applicationPassword: randomBytes(24).toString("base64url"),
  };
  writeFileSync(join(dataFolder, "postgres.json"), JSON.stringify(kept), { mode: 0o600 });
  return kept;
}

function urlOf(role: string, password: string, socketFolder: string): string {
  return `postgresql://${role}:${password}@localhost/skep?host=${encodeURIComponent(socketFolder)}`;
}

/** Postgres's own lock file tells its pid in the first line and its state in the eighth. */
function isReady(dataDirectory: string, pid: number): boolean {
  try {
    const lines = readFileSync(join(dataDirectory, "postmaster.pid"), "utf8").split("\n");
    return Number(lines[0]) === pid && lines[7]?.trim() === "ready";
  } catch {
    return false;
  }
}

function quoteListEntry(path: string): string {
  return `"${path.replaceAll('"', '""')}"`;
}
