import { spawn } from "node:child_process";
import { once } from "node:events";
import { AppError } from "#lib/errors.ts";
import { findProgram } from "#lib/ground/engine-program.ts";
import { installEngine, installPackages } from "#lib/ground/install-engine.ts";
import { isRoot } from "#lib/ground/places.ts";
import { factsOf } from "./chromium.ts";
import { chooseChromium } from "./chromium-choice.ts";

/** What the whole suite needs beyond npm: a Docker engine, a Chromium and openssl. Installed where root and apt can; else says what to do. */
export async function prepareMachine(): Promise<void> {
  if (!isRoot) {
    throw new AppError(
      "swarm-unreachable",
      "The whole suite needs root, for the Docker engine of its own that it starts: run `npm test` as root, or `npm run check`, which does without.",
    );
  }
  await prepareEngine();
  await prepareOpenssl();
  await prepareChromium();
}

/** The browser's tests of TLS make their certificates with it. */
async function prepareOpenssl(): Promise<void> {
  if (findProgram("openssl") !== null) return;
  report("Installing openssl, to test TLS with (apt-get install openssl)");
  await installPackages(["openssl"], "Install openssl by hand.");
}

/** Reports on standard error: standard output is for what a bench or a proof has measured. */
export async function prepareEngine(): Promise<void> {
  await installEngine({ ask: null, report });
}

/** Each way in turn, until there is one; where none comes, the first way's reason counts. */
export async function prepareChromium(): Promise<void> {
  const canUseApt = isRoot && findProgram("apt-get") !== null;
  const facts = factsOf(canUseApt);
  const { use, install } = chooseChromium(facts);
  if (use !== null) return;
  const failures: unknown[] = [];
  for (const way of install) {
    const command = way === "apt" ? "apt-get install chromium" : `npx playwright ${ownInstall(canUseApt).join(" ")}`;
    report(`Installing Chromium, to look at pages with (${command})`);
    try {
      await (way === "apt" ? installPackages(["chromium"], advice) : installOwn(canUseApt));
    } catch (error) {
      failures.push(error);
    }
    if (chooseChromium(facts).use !== null) return;
  }
  throw failures[0] ?? new AppError("unexpected", `A Chromium was installed and is not found. ${advice}`);
}

const advice = "Install a Chromium by hand, Debian's package or Playwright's (`npx playwright install chromium`).";

/** Its shell alone would not do: pages are looked at with the whole browser. What that needs of the system, apt brings. */
function ownInstall(canUseApt: boolean): string[] {
  return ["install", "--no-shell", ...(canUseApt ? ["--with-deps"] : []), "chromium"];
}

/** In a process group of its own, like apt-get, which it may call. */
async function installOwn(canUseApt: boolean): Promise<void> {
  const child = spawn(process.execPath, ["node_modules/@playwright/test/cli.js", ...ownInstall(canUseApt)], {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk));
  const [status] = await once(child, "close");
  if (status === 0) return;
  const reason = /^(?:E|Error): (.*)$/m.exec(output)?.[1] ?? "Playwright's installer failed";
  const cause = new Error(output.slice(-1000));
  throw new AppError("unexpected", `Chromium could not be installed (${reason}). ${advice}`, { cause });
}

function report(line: string): void {
  process.stderr.write(`${line}\n`);
}
