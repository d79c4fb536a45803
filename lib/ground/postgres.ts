import "server-only";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chownSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "#lib/errors.ts";
import { makeDataFolder, makeRunFolder, placesOf, removeRunFolder } from "./places.ts";
import { type PostgresUser, postgresBinaries, postgresUser } from "./postgres-binaries.ts";
import { inheritedDirectory, initialisePostgres } from "./postgres-initialise.ts";
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

type Passwords = { ownerPassword: string; applicationPassword: string };

/**
 * Starts the embedded Postgres of a data folder, or takes over the one that an earlier Skep left running.
 * It listens on a Unix socket only. The same data folder always gives the same URLs.
 */
export async function startPostgres(options: { dataFolder: string }): Promise<RunningPostgres> {
  const dataFolder = makeDataFolder(options.dataFolder);
  const places = placesOf(dataFolder);
  const user = postgresUser();
  const binaries = postgresBinaries(user);
  const passwords = keptPasswords(dataFolder);
  const dataDirectory = join(dataFolder, "postgres");
  const socketFolder = join(places.runFolder, "postgres");
  const recordPath = join(dataFolder, "postgres.process");
  const running: RunningPostgres = {
    ownerUrl: urlOf("skep_owner", passwords.ownerPassword, socketFolder),
    applicationUrl: urlOf("skep_app", passwords.applicationPassword, socketFolder),
    stop: () => stopPostgres(dataFolder),
  };

  const leftover = readRunning(recordPath);
  if (leftover) {
    if (await waitUntil(() => isReady(dataDirectory, leftover.pid), 10)) return running;
    await running.stop();
  }
  makeRunFolder(places);
  mkdirSync(socketFolder, { recursive: true, mode: 0o700 });
  if (user.uid !== undefined && user.gid !== undefined) chownSync(socketFolder, user.uid, user.gid);
  if (!existsSync(join(dataDirectory, "PG_VERSION")))
    await initialisePostgres({ ...passwords, dataDirectory, binaries, user });
  await launch({ dataFolder, dataDirectory, binaries, user, socketFolder, recordPath, running });
  return running;
}

/** Whether the Postgres of a data folder runs, whoever started it. */
export function isPostgresRunning(dataFolder: string): boolean {
  return readRunning(join(dataFolder, "postgres.process")) !== null;
}

/** Ends the Postgres of a data folder, whoever started it, and removes its data. For tests. */
export async function erasePostgres(dataFolder: string): Promise<void> {
  await stopPostgres(dataFolder);
  rmSync(join(dataFolder, "postgres"), { recursive: true, force: true });
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
  const directory = openSync(start.dataDirectory, "r");
  const child = spawn(
    join(start.binaries, "bin/postgres"),
    ["-D", inheritedDirectory, ...serverSettings(start.socketFolder).flatMap((line) => ["-c", line])],
    { ...start.user, cwd: "/", detached: true, stdio: ["ignore", log, log, directory], env: bareEnvironment },
  );
  closeSync(log);
  closeSync(directory);
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

function keptPasswords(dataFolder: string): Passwords {
  const path = join(dataFolder, "postgres.json");
  if (!existsSync(path)) {
    const ownerPassword = randomBytes(24).toString("base64url");
    const applicationPassword = randomBytes(24).toString("base64url");
    writeFileSync(path, JSON.stringify({ ownerPassword, applicationPassword }), { mode: 0o600 });
  }
  return JSON.parse(readFileSync(path, "utf8")) as Passwords;
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
