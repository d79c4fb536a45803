import "server-only";
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeDataFolder } from "./places.ts";
import {
  erasePostgresServer,
  isPostgresServerRunning,
  socketFolderOf,
  startPostgresServer,
  stopPostgresServer,
} from "./postgres-server.ts";

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
  const server = serverOf(makeDataFolder(options.dataFolder));
  const passwords = keptPasswords(server.dataFolder);
  const socketFolder = socketFolderOf(server);
  await startPostgresServer({
    ...server,
    title: "The embedded Postgres",
    advice: "Mend that, or set DATABASE_URL.",
    settings: ["listen_addresses=", "max_connections=200", "shared_buffers=32MB"],
    statements: [{ database: "postgres", lines: roles(passwords) }],
  });
  return {
    ownerUrl: urlOf("skep_owner", passwords.ownerPassword, socketFolder),
    applicationUrl: urlOf("skep_app", passwords.applicationPassword, socketFolder),
    stop: () => stopPostgresServer(server),
  };
}

/** Whether the Postgres of a data folder runs, whoever started it. */
export function isPostgresRunning(dataFolder: string): boolean {
  return isPostgresServerRunning(serverOf(dataFolder));
}

/** Ends the Postgres of a data folder, whoever started it, and removes its data. For tests. */
export async function erasePostgres(dataFolder: string): Promise<void> {
  await erasePostgresServer(serverOf(dataFolder));
}

function serverOf(dataFolder: string) {
  return { dataFolder, name: "postgres" } as const;
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

/** The passwords are base64url: nothing in them needs quoting. */
function roles({ ownerPassword, applicationPassword }: Passwords): string[] {
  return [
    `CREATE ROLE skep_owner LOGIN CREATEDB PASSWORD '${ownerPassword}'`,
    `CREATE ROLE skep_app LOGIN PASSWORD '${applicationPassword}'`,
    "GRANT pg_signal_backend TO skep_owner",
    "CREATE DATABASE skep OWNER skep_owner",
    "REVOKE ALL ON DATABASE skep FROM PUBLIC",
    "GRANT CONNECT ON DATABASE skep TO skep_app",
  ];
}

function urlOf(role: string, password: string, socketFolder: string): string {
  return `postgresql://${role}:${password}@localhost/skep?host=${encodeURIComponent(socketFolder)}`;
}
