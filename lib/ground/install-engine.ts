import "server-only";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { proxySettings } from "#lib/env.ts";
import { AppError } from "#lib/errors.ts";
import { findEngineProgram, findProgram } from "./engine-program.ts";
import { isRoot } from "./places.ts";
import { bareEnvironment } from "./process.ts";

const ownSwarm = "or use a Swarm of your own: `docker swarm init` on it, and set DOCKER_HOST";

export type Install = {
  /** Asks the person at the terminal; null where there is nobody to ask, which counts as yes. */
  ask: ((question: string) => Promise<boolean>) | null;
  report(line: string): void;
};

/** Makes sure that the sandbox has an engine to run, and never leaves the distribution's own daemon running because of it. */
export async function installEngine({ ask, report }: Install): Promise<void> {
  if (!isRoot) {
    throw new AppError("swarm-unreachable", `The sandbox Swarm needs root. Run \`npm start\` as root, ${ownSwarm}.`);
  }
  restorePolicy();
  const missing = missingPackages();
  if (missing.length === 0) return;
  const command = `apt-get install ${missing.join(" ")}`;
  if (!findProgram("apt-get")) {
    throw new AppError(
      "swarm-unreachable",
      `The sandbox needs a Docker engine (dockerd) and busybox. Install them, ${ownSwarm}.`,
    );
  }
  if (ask && !(await ask(`The sandbox Swarm needs ${missing.join(", ")}. Install with apt-get?`))) {
    throw new AppError("swarm-unreachable", `The sandbox needs a Docker engine. Run \`${command}\`, ${ownSwarm}.`);
  }
  report(`Installing ${missing.join(", ")} for the sandbox (${command})`);
  const unitsBefore = activeUnits();
  forbidStarting();
  try {
    await installPackages(missing);
  } finally {
    restorePolicy();
    stopNewUnits(unitsBefore);
  }
  if (missingPackages().length > 0) {
    throw new AppError(
      "swarm-unreachable",
      `The packages could not be installed. Run \`${command}\` and read what it says, ${ownSwarm}.`,
    );
  }
}

function missingPackages(): string[] {
  const missing: string[] = [];
  if (!findEngineProgram()) missing.push("docker.io");
  if (!findProgram("iptables")) missing.push("iptables");
  if (!findProgram("busybox")) missing.push("busybox-static");
  return missing;
}

/** By apt-get, with a fresh list of packages when the present one does not know them. Throws with apt's own reason. */
export async function installPackages(packages: string[]): Promise<void> {
  const wanted = ["install", "-y", "-q", "--no-install-recommends", ...packages];
  const first = await aptGet(wanted);
  if (first.status === 0) return;
  const update = await aptGet(["update", "-q"]);
  const second = update.status === 0 ? await aptGet(wanted) : update;
  if (second.status === 0) return;
  const cause = new Error(second.output.slice(-1000));
  const reason = /^E: (.*)$/m.exec(second.output)?.[1] ?? "apt-get failed";
  throw new AppError(
    "swarm-unreachable",
    `Packages could not be installed (${reason}). Install ${packages.join(", ")} by hand, ${ownSwarm}.`,
    { cause },
  );
}

/** In a process group of its own: Ctrl-C at the wrong moment must not leave packages half installed. */
function aptGet(commandArguments: string[]): Promise<{ status: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const environment = { ...bareEnvironment, ...proxySettings(), DEBIAN_FRONTEND: "noninteractive", HOME: "/root" };
    const child = spawn("apt-get", commandArguments, {
      detached: true,
      env: environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk));
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, output }));
  });
}

const policyPath = "/usr/sbin/policy-rc.d";
const setAside = `${policyPath}.before-skep`;
const noPolicy = `${policyPath}.none-before-skep`;

/** Debian's own way to install a daemon without starting it. What was there is set aside, and put back even after a crash. */
function forbidStarting(): void {
  if (existsSync(policyPath)) renameSync(policyPath, setAside);
  else writeFileSync(noPolicy, "");
  writeFileSync(policyPath, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
}

function restorePolicy(): void {
  if (existsSync(setAside)) renameSync(setAside, policyPath);
  if (existsSync(noPolicy)) {
    rmSync(policyPath, { force: true });
    rmSync(noPolicy, { force: true });
  }
}

const units = ["docker.service", "docker.socket", "containerd.service"];

function hasSystemd(): boolean {
  return existsSync("/run/systemd/system");
}

/** Units that the operator already had, enabled or running: those stay as they are. */
function activeUnits(): string[] {
  if (!hasSystemd()) return existsSync("/etc/init.d/docker") ? units : [];
  return units.filter((unit) => isUnit("is-active", unit) || isUnit("is-enabled", unit));
}

function stopNewUnits(before: string[]): void {
  const added = units.filter((unit) => !before.includes(unit));
  if (added.length === 0) return;
  if (hasSystemd()) spawnSync("systemctl", ["disable", "--now", ...added], { env: bareEnvironment });
  else if (existsSync("/etc/init.d/docker")) spawnSync("update-rc.d", ["docker", "disable"], { env: bareEnvironment });
}

function isUnit(question: "is-active" | "is-enabled", unit: string): boolean {
  return spawnSync("systemctl", ["--quiet", question, unit], { env: bareEnvironment }).status === 0;
}
