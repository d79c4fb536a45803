import { existsSync } from "node:fs";
import { installEngine, installPackages } from "../../lib/ground/install-engine.ts";

/** What the whole suite needs beyond npm: a Docker engine and a Chromium. Installed where root and apt can; else says what to do. */
export async function prepareMachine(): Promise<void> {
  const report = (line: string) => process.stdout.write(`${line}\n`);
  await installEngine({ ask: null, report });
  if (existsSync("/usr/bin/chromium")) return;
  report("Installing chromium for the browser tests (apt-get install chromium)");
  await installPackages(["chromium"]);
}
