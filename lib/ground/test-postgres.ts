import "server-only";
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  appendFileSync,
  chownSync,
  closeSync,
  mkdtempSync,
  openSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { connectAs } from "#lib/db/connect.ts";
import type { TestCertificate } from "#lib/swarm/test-certificates.ts";
import { type PostgresUser, postgresBinaries, postgresUser } from "./postgres-binaries.ts";
import { inheritedDirectory, initialisePostgres } from "./postgres-initialise.ts";
import { bareEnvironment, waitUntil } from "./process.ts";

export type TestPostgres = {
  /** On the loopback, where it wants passwords by SCRAM. */
  port: number;
  /** On the socket, without a password. */
  superuserUrl: string;
  /** Several statements where there are no values. */
  asSuperuser<Row extends Record<string, unknown>>(sql: string, values?: unknown[]): Promise<Row[]>;
  /** All that it wrote by now: every statement, with what came with it. */
  log(): Promise<string>;
};

const endings: (() => Promise<void>)[] = [];

// Registered in whichever test file imports this.
afterAll(async () => {
  for (const end of endings.splice(0)) await end();
});

/** A Postgres of a test's own, as somebody else's would be: on the network, and it logs everything. It is erased after the tests of the file. */
export async function testPostgres({ certificate }: { certificate?: TestCertificate } = {}): Promise<TestPostgres> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "skep-test-postgres-")));
  const user = postgresUser();
  giveTo(user, folder);
  const dataDirectory = join(folder, "data");
  const binaries = postgresBinaries(user);
  const named = { title: "The Postgres of a test", advice: "Run the test again." };
  await initialisePostgres({ dataDirectory, statements: [], ...named, binaries, user });
  const port = await freePort();
  // Only tests reach the socket: its folder is closed to others.
  writeFileSync(join(dataDirectory, "pg_hba.conf"), "local all all trust\nhost all all all scram-sha-256\n");
  appendFileSync(join(dataDirectory, "postgresql.conf"), serverSettings(folder, port));
  if (certificate) installCertificate(dataDirectory, certificate, user);
  const child = launch(join(binaries, "bin/postgres"), dataDirectory, user);
  endings.push(() => end(child, folder));
  return await whenReady(child, { port, url: `postgresql://postgres@localhost/postgres?host=${folder}&port=${port}` });
}

function serverSettings(folder: string, port: number): string {
  return `
    listen_addresses = 'localhost'
    port = ${port}
    unix_socket_directories = '${folder}'
    io_method = sync
    shared_buffers = 32MB
    fsync = off
    log_statement = all
    log_connections = all
    log_disconnections = on
    log_min_messages = debug1
    log_error_verbosity = verbose
    log_parameter_max_length = -1
    log_parameter_max_length_on_error = -1
  `;
}

function installCertificate(dataDirectory: string, { cert, key }: TestCertificate, user: PostgresUser): void {
  writeFileSync(join(dataDirectory, "server.crt"), cert);
  writeFileSync(join(dataDirectory, "server.key"), key, { mode: 0o600 });
  giveTo(user, join(dataDirectory, "server.key"));
  appendFileSync(join(dataDirectory, "postgresql.conf"), "ssl = on\n");
}

function giveTo({ uid, gid }: PostgresUser, path: string): void {
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
}

function launch(program: string, dataDirectory: string, user: PostgresUser): ChildProcess {
  const directory = openSync(dataDirectory, "r");
  const child = spawn(program, ["-D", inheritedDirectory], {
    ...user,
    cwd: "/",
    env: bareEnvironment,
    stdio: ["ignore", "ignore", "pipe", directory],
  });
  closeSync(directory);
  process.once("exit", () => child.kill("SIGQUIT"));
  return child;
}

async function whenReady(child: ChildProcess, { port, url }: { port: number; url: string }): Promise<TestPostgres> {
  let written = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (written += text));
  const wrote = (text: string) => waitUntil(() => written.includes(text) || child.exitCode !== null, 60);
  await wrote("database system is ready to accept connections");
  if (child.exitCode !== null) throw new Error(`The Postgres of the test did not start: ${written}`);
  const asSuperuser: TestPostgres["asSuperuser"] = async <Row extends Record<string, unknown>>(
    sql: string,
    values?: unknown[],
  ) => {
    const result = await connectAs(url, (client) => client.query<Row>(sql, values));
    return Array.isArray(result) ? [] : result.rows;
  };
  return {
    port,
    superuserUrl: url,
    asSuperuser,
    async log() {
      const last = randomBytes(8).toString("hex");
      await asSuperuser(`SELECT '${last}'`);
      await wrote(last);
      return written;
    },
  };
}

async function end(child: ChildProcess, folder: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill("SIGQUIT");
    await once(child, "exit");
  }
  rmSync(folder, { recursive: true, force: true });
}

/** Another program may take it before it is used; then Postgres says so, and does not start. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
