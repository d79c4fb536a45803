import "server-only";
import { isIP, Socket } from "node:net";
import type { Readable } from "node:stream";
import pg from "pg";
import { AddressRefused, guardedLookup, mayBeAsked } from "#lib/sources/address.ts";
import { callTimeoutSeconds } from "./contract.ts";
import { isRotatorFailure, RotatorFailure } from "./failure.ts";
import { sqlStateOf } from "./postgresql-failure.ts";
import { wellFormed } from "./postgresql-messages.ts";
import type { RotatorSettingsOf } from "./schema.ts";

export type PostgresqlServer = {
  name: string;
  settings: RotatorSettingsOf<"postgresql">;
  authority: string | null;
  closed: AbortSignal;
};

/** `onAsked`: told when the server asks for the password, which is then a made-up one: its hash may be read on the way. */
export type SignIn = { user: string; password: string; onAsked?: () => void };

/** For one connection, farewell and all: shorter than a call, so that its end is known before the call's time is over. */
const connectionMilliseconds = (callTimeoutSeconds - 0.5) * 1000;

/**
 * What a database or a role may have changed for everybody, and a Skep that stood still must not keep: with functions
 * of another schema in front, the owner of a database could have her own run with Skep's rights; an open transaction
 * would hold the login's lock.
 */
const sessionSettings = [
  "search_path=pg_catalog",
  "default_transaction_read_only=off",
  "lock_timeout=2000",
  "statement_timeout=3000",
  `idle_in_transaction_session_timeout=${callTimeoutSeconds * 1000}`,
];

/** One connection for the length of some work. It fails with errors of `pg` and Node, for `failureOf`, or with Skep's own. */
export async function connected<T>(
  server: PostgresqlServer,
  signIn: SignIn,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const end = AbortSignal.any([server.closed, AbortSignal.timeout(connectionMilliseconds)]);
  end.throwIfAborted();
  const socket = guardedSocket(server.settings, end);
  const client = clientOf(server, signIn, socket);
  await signedIn(server, signIn, client, socket);
  try {
    return await work(client);
  } catch (error) {
    throw refusalOf(socket) ?? error;
  } finally {
    // Rolls back what is open. A server that does not part in time is left.
    await client.end();
  }
}

/** Everything that `pg` would otherwise look for in the environment or in files is told to it. */
function clientOf({ settings, authority }: PostgresqlServer, { user, password }: SignIn, socket: Socket): pg.Client {
  const config: pg.ClientConfig & { replication: string } = {
    host: settings.host,
    port: settings.port,
    database: settings.database,
    user,
    password: () => password,
    ssl: settings.usesTls && { rejectUnauthorized: true, ...(authority === null ? {} : { ca: authority }) },
    sslnegotiation: "postgres",
    application_name: "skep",
    options: sessionSettings.map((setting) => `-c ${setting}`).join(" "),
    client_encoding: "UTF8",
    replication: "false",
    stream: () => socket,
  };
  const client = new pg.Client(config);
  client.on("error", () => undefined);
  return client;
}

/** A socket that connects only to what may be asked, and does not outlive the signal. */
function guardedSocket({ allowsPrivateAddresses }: PostgresqlServer["settings"], end: AbortSignal): Socket {
  const socket = new Socket({ signal: end });
  const connect = socket.connect.bind(socket);
  const lookup = guardedLookup({ allowsPrivateAddresses });
  // Node looks no name up where there is none: what is written as an address is judged here.
  return Object.assign(socket, {
    connect(port: number, host: string) {
      if (isIP(host) === 0 || mayBeAsked(host, { allowsPrivateAddresses })) return connect({ port, host, lookup });
      return socket.destroy(new AddressRefused("this address is not one that may be asked"));
    },
  });
}

/** Fails where the password would be sent in a form that can be read, before anything of it is. */
async function signedIn(server: PostgresqlServer, signIn: SignIn, client: pg.Client, socket: Socket): Promise<void> {
  const { name, settings } = server;
  const { user, onAsked } = signIn;
  const giveUp = (failure: RotatorFailure) => socket.destroy(failure);
  // All that `pg` reads goes through here, once within TLS and without.
  const connection = client.connection as pg.Connection & { attachListeners(messages: Readable): void };
  const attach = connection.attachListeners.bind(connection);
  connection.attachListeners = (messages) =>
    attach(messages.pipe(wellFormed(() => giveUp(new RotatorFailure("broken-answer", name)))));
  // Of SCRAM the end counts: anybody can ask.
  let isProven = false;
  for (const proof of ["authenticationCleartextPassword", "authenticationMD5Password", "authenticationSASLFinal"]) {
    connection.on(proof, () => {
      isProven = true;
    });
  }
  connection.on("authenticationOk", () => isProven || giveUp(unasked(name, user)));
  if (settings.usesTls) {
    // "N" is all that a server says to a request for TLS that it cannot fulfil.
    socket.once("data", ([first]: Buffer) => first === 0x4e && giveUp(withoutTls(name)));
  } else {
    // Told before `pg` is, which sends nothing through a socket that is gone.
    connection.on("authenticationCleartextPassword", () => giveUp(readable(name, user)));
    // For MD5 a server asks while the login has such a password: one that Skep sets is asked for by SCRAM.
    connection.on("authenticationMD5Password", () => onAsked || giveUp(readable(name, user)));
  }
  for (const question of ["authenticationMD5Password", "authenticationSASL"])
    connection.on(question, () => onAsked?.());
  try {
    await client.connect();
  } catch (error) {
    const wasClosed = socket.closed;
    socket.destroy();
    throw refusalOf(socket) ?? notConnected(server, user, error, { wasClosed });
  }
}

/** Why Skep itself gave the connection up: `pg` may have said something else of it first. */
function refusalOf({ errored }: Socket): RotatorFailure | null {
  return isRotatorFailure(errored) ? errored : null;
}

/** What only means this at the beginning; the rest is for `failureOf`. */
function notConnected(
  { name, settings }: PostgresqlServer,
  user: string,
  error: unknown,
  { wasClosed }: { wasClosed: boolean },
): unknown {
  if (sqlStateOf(error) === "42501") return closedDatabase({ name, settings }, user, error);
  // Of its own `pg` says without a code that it was sent what no PostgreSQL sends, or that the other side hung up.
  const isOfPg = error instanceof Error && (error as { code?: unknown }).code === undefined;
  return isOfPg && !wasClosed ? new RotatorFailure("broken-answer", name, { cause: error }) : error;
}

export function closedDatabase(
  { name, settings }: Pick<PostgresqlServer, "name" | "settings">,
  user: string,
  cause?: unknown,
): RotatorFailure {
  const sentence = `${name} does not let ${user} connect to the database ${settings.database}. Grant CONNECT on it, or name another one.`;
  return new RotatorFailure("forbidden", name, { sentence, cause });
}

function withoutTls(name: string): RotatorFailure {
  const sentence = `${name} speaks no TLS, which its settings ask for. Turn TLS on there, or off here where you trust the network.`;
  return new RotatorFailure("certificate", name, { sentence });
}

/** As `trust` does: then nobody can tell whether it takes a password. */
export function unasked(name: string, user: string): RotatorFailure {
  const sentence = `${name} lets ${user} in without its password, so it cannot be tried there. Have its pg_hba.conf ask Skep's address for scram-sha-256.`;
  return new RotatorFailure("sign-in", name, { sentence });
}

function readable(name: string, user: string): RotatorFailure {
  const sentence = `${name} asks for the password of ${user} in a form that can be read on the way. Turn TLS on, or have it ask for scram-sha-256.`;
  return new RotatorFailure("sign-in", name, { sentence });
}
