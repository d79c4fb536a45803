import "server-only";
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { connectAs } from "#lib/db/connect.ts";
import { AppError } from "#lib/errors.ts";
import { makeDataFolder, placesOf } from "./places.ts";
import {
  erasePostgresServer,
  isPostgresServerRunning,
  socketFolderOf,
  startPostgresServer,
  stopPostgresServer,
} from "./postgres-server.ts";

/** What a person enters to have passwords set in the sample's Postgres, but for the credential's text. */
export const orders = {
  host: "127.0.0.1",
  database: "orders",
  /** Services sign in as one of them; both may do the same. */
  logins: ["orders_a", "orders_b"],
  /** Sets the passwords of the logins, and is no superuser. */
  rotator: "skep_rotator",
  /** The name of the file with its password. */
  credential: "orders-rotator",
} as const;

export type OrdersLogin = (typeof orders.logins)[number];

export type OrdersDatabase = {
  /** At 127.0.0.1; the same at each start. */
  port: number;
  /** The folder on this machine with the socket, for services without a network. */
  socketFolder: string;
  /** Where the rotator's password is, for Skep alone, for as long as the database runs. */
  credentialPath: string;
  /** Sets a login's password behind everybody's back, as the rotator. */
  setPassword(login: OrdersLogin, password: string): Promise<void>;
  /** As a service has it in its secret. */
  urlOf(login: OrdersLogin, password: string): string;
  /** Ends it and leaves neither socket nor credential; the data stay. Safe to call twice. */
  stop(): Promise<void>;
};

type Kept = { port: number; rotatorPassword: string };

/**
 * Starts the sample's Postgres of a data folder, or takes over the one that an earlier Skep left running. It has a database
 * `orders`, whose table belongs to `orders_owner`, and takes nobody without a password.
 */
export async function startOrdersDatabase(options: { dataFolder: string }): Promise<OrdersDatabase> {
  const server = serverOf(makeDataFolder(options.dataFolder));
  const { port, rotatorPassword } = await keptSettings(server.dataFolder);
  if (!isPostgresServerRunning(server) && !(await isFree(port))) throw portTaken(port);
  await startPostgresServer({
    ...server,
    title: "The sample's Postgres",
    advice: "Mend that and start again.",
    settings: [`listen_addresses=${orders.host}`, `port=${port}`, "max_connections=100", "shared_buffers=16MB"],
    statements: statementsFor(rotatorPassword),
  });
  const credentialPath = writeCredential(server.dataFolder, rotatorPassword);
  const socketFolder = socketFolderOf(server);
  const asRotator = `postgresql://${orders.rotator}:${rotatorPassword}@localhost:${port}/${orders.database}?host=${encodeURIComponent(socketFolder)}`;
  return {
    port,
    socketFolder,
    credentialPath,
    async setPassword(login, password) {
      await connectAs(asRotator, async (client) => {
        await client.query(`ALTER ROLE ${login} PASSWORD ${client.escapeLiteral(password)}`);
      });
    },
    urlOf: (login, password) =>
      `postgresql://${login}:${encodeURIComponent(password)}@${orders.host}:${port}/${orders.database}`,
    stop: () => stopOrdersDatabase(server.dataFolder),
  };
}

/** Whether the one of a data folder runs, whoever started it. */
export function isOrdersDatabaseRunning(dataFolder: string): boolean {
  return isPostgresServerRunning(serverOf(dataFolder));
}

/** Ends the one of a data folder, whoever started it and however far it came. */
export async function stopOrdersDatabase(dataFolder: string): Promise<void> {
  rmSync(credentialFolderOf(dataFolder), { recursive: true, force: true });
  await stopPostgresServer(serverOf(dataFolder));
}

/** Ends the one of a data folder, whoever started it, and removes its data. For tests. */
export async function eraseOrdersDatabase(dataFolder: string): Promise<void> {
  await stopOrdersDatabase(dataFolder);
  await erasePostgresServer(serverOf(dataFolder));
}

function serverOf(dataFolder: string) {
  return { dataFolder, name: "orders" } as const;
}

/** Not in the data folder, of which no credential is read. */
function credentialFolderOf(dataFolder: string): string {
  return join(placesOf(dataFolder).runFolder, "credentials");
}

function writeCredential(dataFolder: string, password: string): string {
  const folder = credentialFolderOf(dataFolder);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, orders.credential);
  writeFileSync(path, password, { mode: 0o600 });
  chmodSync(path, 0o600);
  return path;
}

async function keptSettings(dataFolder: string): Promise<Kept> {
  const path = join(dataFolder, "orders.json");
  if (!existsSync(path)) {
    const kept: Kept = { port: await freePort(dataFolder), rotatorPassword: randomBytes(24).toString("base64url") };
    writeFileSync(`${path}.new`, JSON.stringify(kept), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }
  return JSON.parse(readFileSync(path, "utf8")) as Kept;
}

/** Below those that the kernel gives to outgoing connections, which might have it at a later start. */
const firstPort = 15_000;
const ports = 5000;

/** Begins where no other data folder is likely to. */
async function freePort(dataFolder: string): Promise<number> {
  const offset = Number.parseInt(placesOf(dataFolder).hash, 16) % ports;
  for (let tried = 0; tried < ports; tried += 1) {
    const port = firstPort + ((offset + tried) % ports);
    if (await isFree(port)) return port;
  }
  return firstPort + offset;
}

/** It stays the same, because services and Skep's own settings name it. */
function portTaken(port: number): AppError {
  const sentence = `Port ${port} of ${orders.host}, which the sample's Postgres has, is taken. Stop what uses it and start again.`;
  return new AppError("busy", sentence);
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, orders.host, () => server.close(() => resolve(true)));
  });
}

/** The logins get their passwords later: none is known until a service has it. The rotator's is base64url and needs no quoting. */
function statementsFor(rotatorPassword: string) {
  const { database, logins, rotator } = orders;
  return [
    {
      database: "postgres",
      lines: [
        "CREATE ROLE orders_owner NOLOGIN",
        ...logins.map((login) => `CREATE ROLE ${login} LOGIN IN ROLE orders_owner`),
        `CREATE ROLE ${rotator} LOGIN CREATEROLE PASSWORD '${rotatorPassword}'`,
        `GRANT ${logins.join(", ")} TO ${rotator} WITH ADMIN OPTION, INHERIT FALSE, SET FALSE`,
        `CREATE DATABASE ${database} OWNER orders_owner`,
        `REVOKE ALL ON DATABASE ${database} FROM PUBLIC`,
        `GRANT CONNECT ON DATABASE ${database} TO ${rotator}`,
      ],
    },
    {
      database,
      lines: [
        "SET ROLE orders_owner",
        "CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, article text NOT NULL, placed_at timestamptz NOT NULL DEFAULT now())",
        "INSERT INTO orders (article) VALUES ('hive'), ('smoker'), ('veil')",
      ],
    },
  ];
}
