import "server-only";
import { spawn } from "node:child_process";
import { chownSync, closeSync, mkdirSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { AppError } from "#lib/errors.ts";
import type { PostgresUser } from "./postgres-binaries.ts";
import { bareEnvironment } from "./process.ts";

/**
 * Where Postgres finds its data: the third file it was started with. It runs as another user, who may have no way
 * to the data folder (below /root, say); an open directory needs none.
 */
export const inheritedDirectory = "/proc/self/fd/3";

/** What is made in a database of a new cluster, one statement per line: so Postgres's single-user mode reads them. */
export type Statements = { database: string; lines: readonly string[] };

/**
 * Makes a database cluster with what is to be in it, beside its place, and moves it there when it is whole:
 * whatever interrupts this, the next start finds either nothing or everything.
 */
export async function initialisePostgres(options: {
  dataDirectory: string;
  statements: readonly Statements[];
  title: string;
  advice: string;
  binaries: string;
  user: PostgresUser;
}): Promise<void> {
  const { dataDirectory, statements, title, advice, binaries, user } = options;
  const unfinished = `${dataDirectory}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(dirname(dataDirectory), { recursive: true, mode: 0o711 });
  mkdirSync(unfinished, { mode: 0o700 });
  if (user.uid !== undefined && user.gid !== undefined) chownSync(unfinished, user.uid, user.gid);
  const directory = openSync(unfinished, "r");
  const run = (program: string, commandArguments: string[], input = "") =>
    runProgram({ program: join(binaries, "bin", program), commandArguments, directory, user, input }).catch(
      (cause: Error) => {
        const sentence = `${title} could not be initialised (${cause.message}). ${advice}`;
        throw new AppError("database-unreachable", sentence, { cause });
      },
    );
  try {
    await run("initdb", [
      ...["-D", inheritedDirectory, "--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8"],
      ...["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"],
      // Nobody signs in as the superuser: it gets a password that nobody keeps.
      "--pwfile=/proc/sys/kernel/random/uuid",
    ]);
    for (const { database, lines } of statements) {
      await run("postgres", ["--single", "-D", inheritedDirectory, database], `${lines.join("\n")}\n`);
    }
  } finally {
    closeSync(directory);
  }
  renameSync(unfinished, dataDirectory);
}

type Program = { program: string; commandArguments: string[]; directory: number; user: PostgresUser; input: string };

function runProgram({ program, commandArguments, directory, user, input }: Program): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, commandArguments, {
      ...user,
      cwd: "/",
      detached: true,
      env: bareEnvironment,
      stdio: ["pipe", "pipe", "pipe", directory],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk: Buffer) => (output += chunk));
    child.on("error", reject);
    child.on("close", (status) => {
      // One line only: what Postgres says beside it may quote a statement.
      const reason = /^.*\b(?:ERROR|FATAL|PANIC|error): .*$/m.exec(output)?.[0];
      if (status === 0 && !reason) return resolve();
      reject(new Error(reason ?? `exit code ${status}`));
    });
    child.stdin?.end(input);
  });
}
