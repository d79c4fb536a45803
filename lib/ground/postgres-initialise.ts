import "server-only";
import { spawn } from "node:child_process";
import { chownSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { AppError } from "#lib/errors.ts";
import type { PostgresUser } from "./postgres-binaries.ts";
import { bareEnvironment } from "./process.ts";

/**
 * Makes a database cluster with its two roles, beside its place, and moves it there when it is whole:
 * whatever interrupts this, the next start finds either nothing or everything.
 */
export async function initialisePostgres(options: {
  dataDirectory: string;
  ownerPassword: string;
  applicationPassword: string;
  binaries: string;
  user: PostgresUser;
}): Promise<void> {
  const { dataDirectory, binaries, user } = options;
  const unfinished = `${dataDirectory}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(dirname(dataDirectory), { recursive: true, mode: 0o711 });
  mkdirSync(unfinished, { mode: 0o700 });
  if (user.uid !== undefined && user.gid !== undefined) chownSync(unfinished, user.uid, user.gid);
  await run(
    join(binaries, "bin/initdb"),
    [
      ...["-D", unfinished, "--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8"],
      ...["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"],
      // Nobody signs in as the superuser: it gets a password that nobody keeps.
      "--pwfile=/proc/sys/kernel/random/uuid",
    ],
    user,
  );
  await run(join(binaries, "bin/postgres"), ["--single", "-D", unfinished, "postgres"], user, roles(options));
  renameSync(unfinished, dataDirectory);
}

/** One statement per line, for Postgres's single-user mode. The passwords are base64url: nothing in them needs quoting. */
function roles({ ownerPassword, applicationPassword }: { ownerPassword: string; applicationPassword: string }): string {
  return `${[
    `CREATE ROLE skep_owner LOGIN CREATEDB PASSWORD '${ownerPassword}'`,
    `CREATE ROLE skep_app LOGIN PASSWORD '${applicationPassword}'`,
    "GRANT pg_signal_backend TO skep_owner",
    "CREATE DATABASE skep OWNER skep_owner",
    "REVOKE ALL ON DATABASE skep FROM PUBLIC",
    "GRANT CONNECT ON DATABASE skep TO skep_app",
  ].join("\n")}\n`;
}

function run(command: string, commandArguments: string[], user: PostgresUser, input = ""): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, commandArguments, {
      ...user,
      cwd: "/",
      detached: true,
      env: bareEnvironment,
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk));
    child.on("error", reject);
    child.on("close", (status) => {
      const hasFailed = status !== 0 || /^.*(ERROR|FATAL):/m.test(output);
      if (!hasFailed) return resolve();
      const cause = new Error(output.slice(-500).trim());
      reject(
        new AppError("database-unreachable", `The embedded Postgres could not be initialised (${cause.message}).`, {
          cause,
        }),
      );
    });
    child.stdin.end(input);
  });
}
