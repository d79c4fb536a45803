import { existsSync } from "node:fs";
import { AppError } from "#lib/errors.ts";
import { installEngine, installPackages } from "#lib/ground/install-engine.ts";
import { isRoot } from "#lib/ground/places.ts";

/** What the whole suite needs beyond npm: a Docker engine and a Chromium. Installed where root and apt can; else says what to do. */
export async function prepareMachine(): Promise<void> {
  if (!isRoot) {
    throw new AppError(
      "swarm-unreachable",
      "The whole suite needs root, for the Docker engine of its own that it starts: run `npm test` as root, or `npm run check`, which does without.",
    );
  }
  const report = (line: string) => process.stdout.write(`${line}\n`);
  await installEngine({ ask: null, report });
  if (existsSync("/usr/bin/chromium")) return;
  report("Installing chromium for the browser tests (apt-get install chromium)");
  await installPackages(["chromium"]);
}
