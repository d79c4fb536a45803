import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { ProvidedContext } from "vitest";
import type { TestProject } from "vitest/node";

const root = fileURLToPath(new URL(".", import.meta.url));

/** One Postgres for the run, with a migrated template that every test database is a copy of. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const child = spawn(`${root}node_modules/.bin/node`, ["--conditions=react-server", "bin/suite/postgres.ts"], {
    cwd: root,
    stdio: ["pipe", "pipe", "inherit"],
    detached: true,
  });
  const ended = once(child, "exit");
  const line = await Promise.race([
    once(createInterface(child.stdout), "line").then(([text]) => String(text)),
    ended.then(() => null),
  ]);
  if (line === null) throw new Error("The Postgres of the tests did not start; the lines above say why.");
  project.provide("postgres", JSON.parse(line) as ProvidedContext["postgres"]);
  return async () => {
    child.stdin.end();
    await ended;
  };
}
