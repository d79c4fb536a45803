import "server-only";
import { spawn } from "node:child_process";
import { chownSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "#lib/errors.ts";
import { makeRunFolder, placesOf, removeRunFolder } from "./places.ts";
import { type PostgresUser, postgresBinaries, postgresUser } from "./postgres-binaries.ts";
import { inheritedDirectory, initialisePostgres, type Statements } from "./postgres-initialise.ts";
import {
  bareEnvironment,
  endProcess,
  forgetRecord,
  isRunning,
  readRunning,
  waitUntil,
  writeRecord,
} from "./process.ts";

/** A Postgres of a data folder. Its data, its log and the record of its process are called after it there. */
export type PostgresServer = {
  /** As `makeDataFolder` gives it. */
  dataFolder: string;
  name: "postgres" | "orders";
  /** How sentences about it begin: "The embedded Postgres". */
  title: string;
  /** What to do where it cannot be initialised, as a sentence. */
  advice: string;
  /** Beside those of every server here. */
  settings: readonly string[];
  /** What is made in it, once. */
  statements: readonly Statements[];
};

/** Where the socket of a server is while it runs: below the run folder, as paths of sockets are short. */
export function socketFolderOf({ dataFolder, name }: Pick<PostgresServer, "dataFolder" | "name">): string {
  return join(placesOf(dataFolder).runFolder, name);
}

/** Starts a Postgres, or takes over the one that an earlier Skep left running. */
export async function startPostgresServer(server: PostgresServer): Promise<void> {
  const { dataFolder } = server;
  const user = postgresUser();
  const binaries = postgresBinaries(user);
  const dataDirectory = dataDirectoryOf(server);
  const socketFolder = socketFolderOf(server);
  makeRunFolder(placesOf(dataFolder));
  mkdirSync(socketFolder, { recursive: true, mode: 0o700 });
  if (user.uid !== undefined && user.gid !== undefined) chownSync(socketFolder, user.uid, user.gid);

  const leftover = readRunning(recordPathOf(server));
  if (leftover) {
    if (await waitUntil(() => isReady(dataDirectory, leftover.pid), 10)) return;
    await endPostgresServer(server);
  }
  if (!existsSync(join(dataDirectory, "PG_VERSION")))
    await initialisePostgres({ ...server, dataDirectory, binaries, user });
  await launch(server, binaries, user);
}

/** Whether it runs, whoever started it. */
export function isPostgresServerRunning(server: Pick<PostgresServer, "dataFolder" | "name">): boolean {
  return readRunning(recordPathOf(server)) !== null;
}

/** Ends it, whoever started it, and leaves no socket; the data stay. */
export async function stopPostgresServer(server: Pick<PostgresServer, "dataFolder" | "name">): Promise<void> {
  await endPostgresServer(server);
  rmSync(socketFolderOf(server), { recursive: true, force: true });
  removeRunFolder(placesOf(server.dataFolder));
}

/** Ends it, whoever started it, and removes its data. For tests. */
export async function erasePostgresServer(server: Pick<PostgresServer, "dataFolder" | "name">): Promise<void> {
  await stopPostgresServer(server);
  rmSync(dataDirectoryOf(server), { recursive: true, force: true });
}

async function launch(server: PostgresServer, binaries: string, user: PostgresUser): Promise<void> {
  const dataDirectory = dataDirectoryOf(server);
  const logPath = join(server.dataFolder, `${server.name}.log`);
  const log = openSync(logPath, "a", 0o600);
  const directory = openSync(dataDirectory, "r");
  const settings = [...commonSettings(socketFolderOf(server)), ...server.settings];
  const child = spawn(
    join(binaries, "bin/postgres"),
    ["-D", inheritedDirectory, ...settings.flatMap((line) => ["-c", line])],
    { ...user, cwd: "/", detached: true, stdio: ["ignore", log, log, directory], env: bareEnvironment },
  );
  closeSync(log);
  closeSync(directory);
  child.on("error", () => undefined);
  child.unref();
  const record = child.pid === undefined ? null : writeRecord(recordPathOf(server), child.pid);
  const isUp = record && (await waitUntil(() => !isRunning(record) || isReady(dataDirectory, record.pid), 60));
  if (!isUp || !isRunning(record)) {
    await stopPostgresServer(server);
    throw new AppError("database-unreachable", `${server.title} did not start. ${logPath} says why.`);
  }
}

function commonSettings(socketFolder: string): string[] {
  return [
    `unix_socket_directories=${quoteListEntry(socketFolder)}`,
    "io_method=sync",
    "wal_level=minimal",
    "max_wal_senders=0",
    "jit=off",
    // Statements carry names of secrets; the log is for what Postgres itself has to say.
    "log_min_error_statement=panic",
    "log_timezone=UTC",
  ];
}

/** The socket folder stays: what it is mounted into would not see another one of its name. */
async function endPostgresServer(server: Pick<PostgresServer, "dataFolder" | "name">): Promise<void> {
  const record = readRunning(recordPathOf(server));
  if (record) {
    await endProcess(record, [
      { signal: "SIGINT", seconds: 10 },
      { signal: "SIGQUIT", seconds: 5 },
      { signal: "SIGKILL", seconds: 5 },
    ]);
  }
  forgetRecord(recordPathOf(server));
}

function dataDirectoryOf({ dataFolder, name }: Pick<PostgresServer, "dataFolder" | "name">): string {
  return join(dataFolder, name);
}

function recordPathOf({ dataFolder, name }: Pick<PostgresServer, "dataFolder" | "name">): string {
  return join(dataFolder, `${name}.process`);
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
