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
  await prepareEngine();
  await prepareChromium();
}

/** Reports on standard error: standard output is for what a bench or a proof has measured. */
export async function prepareEngine(): Promise<void> {
  await installEngine({ ask: null, report });
}

export async function prepareChromium(): Promise<void> {
  if (existsSync("/usr/bin/chromium")) return;
  report("Installing chromium, to look at pages with (apt-get install chromium)");
  await installPackages(["chromium"], "Install a Chromium by hand.");
}

function report(line: string): void {
  process.stderr.write(`${line}\n`);
}
