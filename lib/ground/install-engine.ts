import "server-only";
import { spawn } from "node:child_process";
import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { proxySettings } from "#lib/env.ts";
import { AppError } from "#lib/errors.ts";
import { findProgram } from "./engine-program.ts";
import { isRoot } from "./places.ts";
import { bareEnvironment } from "./process.ts";

const ownSwarm = "or use a Swarm of your own: `docker swarm init` on it, and set DOCKER_HOST";

export type Install = {
  /** Asks the person at the terminal; null where there is nobody to ask, which counts as yes. */
  ask: ((question: string) => Promise<boolean>) | null;
  report(line: string): void;
};

/** Where things are installed: this machine, or what a test has in its place. */
export type Machine = {
  isRoot: boolean;
  /** Before each path that is looked at or written. */
  root: string;
  has(program: string): boolean;
  run(program: string, commandArguments: string[]): Promise<Ran>;
};

export type Ran = { status: number | null; output: string };

const thisMachine: Machine = { isRoot, root: "/", has: (program) => findProgram(program) !== null, run };

/** Makes sure that the sandbox has an engine to run, and never leaves the distribution's own daemon running because of it. */
export async function installEngine({ ask, report }: Install, machine = thisMachine): Promise<void> {
  if (!machine.isRoot) throw refusal(`The sandbox Swarm needs root. Run \`npm start\` as root, ${ownSwarm}.`);
  restorePolicy(machine);
  const programs = missingPrograms(machine);
  if (programs.length === 0) return;
  const packages = programs.map((program) => packageOf[program]);
  const names = packages.join(", ");
  const command = `apt-get install ${packages.join(" ")}`;
  if (!machine.has("apt-get")) {
    throw refusal(`The sandbox needs ${programs.join(", ")}, and there is no apt-get. Install that, ${ownSwarm}.`);
  }
  if (ask && !(await ask(`The sandbox Swarm needs ${names}. Install with apt-get?`))) {
    throw refusal(`The sandbox needs ${names}. Run \`${command}\`, ${ownSwarm}.`);
  }
  report(`Installing ${names} for the sandbox (${command})`);
  const unitsBefore = await knownUnits(machine);
  try {
    forbidStarting(machine);
    await installPackages(packages, `Install ${names} by hand, ${ownSwarm}.`, machine);
  } finally {
    restorePolicy(machine);
    await stopUnits(machine, await addedUnits(machine, unitsBefore));
  }
  if (missingPrograms(machine).length > 0) {
    throw refusal(`The packages could not be installed. Run \`${command}\` and read what it says, ${ownSwarm}.`);
  }
}

const packageOf = { dockerd: "docker.io", iptables: "iptables", busybox: "busybox-static" };
const needed = ["dockerd", "iptables", "busybox"] as const;

function missingPrograms({ has }: Machine): (typeof needed)[number][] {
  return needed.filter((program) => !has(program));
}

function refusal(sentence: string): AppError {
  return new AppError("swarm-unreachable", sentence);
}

/**
 * By apt-get, with a fresh list of packages when the present one does not know them. Throws with apt's own reason, and
 * with the advice of whoever needs them.
 */
export async function installPackages(packages: string[], advice: string, { run } = thisMachine): Promise<void> {
  const wanted = ["install", "-y", "-q", "--no-install-recommends", ...packages];
  const first = await run("apt-get", wanted);
  if (first.status === 0) return;
  const update = await run("apt-get", ["update", "-q"]);
  const second = update.status === 0 ? await run("apt-get", wanted) : update;
  if (second.status === 0) return;
  const cause = new Error(second.output.slice(-1000));
  const reason = /^E: (.*)$/m.exec(second.output)?.[1] ?? "apt-get failed";
  throw new AppError("unexpected", `Packages could not be installed (${reason}). ${advice}`, { cause });
}

/** In a process group of its own: Ctrl-C at the wrong moment must not leave packages half installed. */
function run(program: string, commandArguments: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    const environment = { ...bareEnvironment, ...proxySettings(), DEBIAN_FRONTEND: "noninteractive", HOME: "/root" };
    const child = spawn(program, commandArguments, {
      detached: true,
      env: environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk));
    child.on("error", ({ message }) => resolve({ status: null, output: message }));
    child.on("close", (status) => resolve({ status, output }));
  });
}

function policyPaths({ root }: Machine): { policy: string; setAside: string; noPolicy: string } {
  const policy = join(root, "usr/sbin/policy-rc.d");
  return { policy, setAside: `${policy}.before-skep`, noPolicy: `${policy}.none-before-skep` };
}

/** Debian's own way to install a daemon without starting it. What was there is set aside, and put back even after a crash. */
function forbidStarting(machine: Machine): void {
  const { policy, setAside, noPolicy } = policyPaths(machine);
  if (existsSync(policy)) renameSync(policy, setAside);
  else writeFileSync(noPolicy, "");
  writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
}

function restorePolicy(machine: Machine): void {
  const { policy, setAside, noPolicy } = policyPaths(machine);
  if (existsSync(setAside)) renameSync(setAside, policy);
  if (existsSync(noPolicy)) {
    rmSync(policy, { force: true });
    rmSync(noPolicy, { force: true });
  }
}

const units = ["docker.service", "docker.socket", "containerd.service"];

function hasSystemd({ root }: Machine): boolean {
  return existsSync(join(root, "run/systemd/system"));
}

/** Enabled or running. What the operator already had of them stays as it is. */
async function knownUnits(machine: Machine): Promise<string[]> {
  if (!hasSystemd(machine)) return existsSync(join(machine.root, "etc/init.d/docker")) ? ["docker"] : [];
  const isUnit = async (question: string, unit: string) =>
    (await machine.run("systemctl", ["--quiet", question, unit])).status === 0;
  const found: string[] = [];
  for (const unit of units) {
    if ((await isUnit("is-active", unit)) || (await isUnit("is-enabled", unit))) found.push(unit);
  }
  return found;
}

async function addedUnits(machine: Machine, before: string[]): Promise<string[]> {
  return (await knownUnits(machine)).filter((unit) => !before.includes(unit));
}

async function stopUnits(machine: Machine, added: string[]): Promise<void> {
  if (added.length === 0) return;
  if (hasSystemd(machine)) await machine.run("systemctl", ["disable", "--now", ...added]);
  else await machine.run("update-rc.d", ["docker", "disable"]);
}
