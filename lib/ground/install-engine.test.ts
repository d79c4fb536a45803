import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { installEngine, installPackages, type Machine } from "./install-engine.ts";

const policy = "usr/sbin/policy-rc.d";
const ownSwarm = "or use a Swarm of your own: `docker swarm init` on it, and set DOCKER_HOST.";

let root: string;
let commands: string[];
let lines: string[];
/** What the machine has, and what apt-get brings it. */
let programs: Set<string>;
let brought: string[];
let units: Set<string>;
let newUnits: string[];
/** What a daemon that is being installed would have been told. */
let policyWhileInstalling: string | null;
/** In the order in which apt-get is called; afterwards it does what it should. */
let failures: string[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "skep-install-"));
  [commands, lines, failures] = [[], [], []];
  programs = new Set(["apt-get"]);
  brought = ["dockerd", "iptables", "busybox"];
  units = new Set();
  newUnits = ["docker.service", "docker.socket", "containerd.service"];
  policyWhileInstalling = null;
  write(policy, null);
  write("run/systemd/system/here", "");
});
afterEach(() => rmSync(root, { recursive: true }));

const machine = (changes: Partial<Machine> = {}): Machine => ({
  isRoot: true,
  root,
  has: (program) => programs.has(program),
  async run(program, given) {
    commands.push([program, ...given].join(" "));
    if (program === "systemctl" && given[0] === "--quiet") return answer(units.has(given[2] ?? "") ? 0 : 1);
    if (program !== "apt-get") return answer(0);
    policyWhileInstalling = read(policy);
    const failure = failures.shift();
    if (failure) return answer(100, failure);
    if (given[0] === "install") {
      for (const name of brought) programs.add(name);
      for (const unit of newUnits) units.add(unit);
    }
    return answer(0);
  },
  ...changes,
});

function answer(status: number, output = "") {
  return { status, output };
}

function write(path: string, text: string | null): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  if (text !== null) writeFileSync(join(root, path), text, { mode: 0o755 });
}

function read(path: string): string | null {
  return existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : null;
}

function install({ ask = null as ((question: string) => Promise<boolean>) | null, on = machine() } = {}) {
  return installEngine({ ask, report: (line) => lines.push(line) }, on);
}

const changing = () => commands.filter((command) => !command.startsWith("systemctl --quiet"));

describe("installing the engine", () => {
  it("is nothing where everything is there: nobody is asked and nothing is run", async () => {
    for (const name of brought) programs.add(name);
    await install({ ask: () => Promise.reject(new Error("asked")) });
    expect([commands, lines]).toEqual([[], []]);
  });

  it("asks for what is missing by name, and a no ends it with the command and the other way", async () => {
    programs.add("iptables");
    const questions: string[] = [];
    const refused = install({
      async ask(question) {
        questions.push(question);
        return false;
      },
    });
    await expect(refused).rejects.toMatchObject({
      publicMessage: `The sandbox needs docker.io, busybox-static. Run \`apt-get install docker.io busybox-static\`, ${ownSwarm}`,
    });
    expect(questions).toEqual(["The sandbox Swarm needs docker.io, busybox-static. Install with apt-get?"]);
    expect([commands, lines]).toEqual([[], []]);
  });

  it("goes on at a yes, and without a terminal reports what it installs", async () => {
    await install({ ask: async () => true });
    expect(programs.has("dockerd")).toBe(true);
    programs = new Set(["apt-get"]);
    commands = [];
    await install();
    const command = "apt-get install docker.io iptables busybox-static";
    expect(lines.at(-1)).toBe(`Installing docker.io, iptables, busybox-static for the sandbox (${command})`);
    expect(changing()[0]).toBe("apt-get install -y -q --no-install-recommends docker.io iptables busybox-static");
  });

  it("needs root, and says so before anything else", async () => {
    await expect(install({ on: machine({ isRoot: false }) })).rejects.toMatchObject({
      publicMessage: `The sandbox Swarm needs root. Run \`npm start\` as root, ${ownSwarm}`,
    });
  });

  it("names what is missing where there is no apt-get", async () => {
    programs = new Set(["iptables"]);
    await expect(install()).rejects.toMatchObject({
      publicMessage: `The sandbox needs dockerd, busybox, and there is no apt-get. Install that, ${ownSwarm}`,
    });
  });

  it("looks for a fresh list of packages, and fails with apt-get's own reason", async () => {
    failures = ["E: Unable to locate package docker.io"];
    await install();
    expect(changing().map((command) => command.split(" ", 2).join(" "))).toEqual([
      ...["apt-get install", "apt-get update", "apt-get install"],
      "systemctl disable",
    ]);
    programs = new Set(["apt-get"]);
    failures = ["E: first", "Err:1 http://deb\nE: Could not resolve deb.example\nE: more"];
    await expect(install()).rejects.toThrow(
      `Packages could not be installed (Could not resolve deb.example). Install docker.io, iptables, busybox-static by hand, ${ownSwarm}`,
    );
  });

  it("does not believe an apt-get that ends well and brings nothing", async () => {
    brought = ["iptables"];
    await expect(install()).rejects.toThrow(/could not be installed\. Run `apt-get install docker\.io iptables busy/);
  });
});

describe("the policy that keeps daemons from starting", () => {
  it.each([
    ["apt-get does its work", []],
    ["apt-get fails", ["E: one", "E: two"]],
  ])("is the operator's own again when %s", async (_how, wrong) => {
    write(policy, "#!/bin/sh\nexit 0 # mine\n");
    failures = [...wrong];
    await install().catch(() => undefined);
    expect(policyWhileInstalling).toBe("#!/bin/sh\nexit 101\n");
    expect(read(policy)).toBe("#!/bin/sh\nexit 0 # mine\n");
    expect(statSync(join(root, policy)).mode & 0o777).toBe(0o755);
    expect(read(`${policy}.before-skep`)).toBeNull();
  });

  it.each([
    ["apt-get does its work", []],
    ["apt-get fails", ["E: one", "E: two"]],
  ])("is gone where there was none when %s", async (_how, wrong) => {
    failures = [...wrong];
    await install().catch(() => undefined);
    expect(policyWhileInstalling).toBe("#!/bin/sh\nexit 101\n");
    expect([read(policy), read(`${policy}.none-before-skep`)]).toEqual([null, null]);
  });

  it("is put back by the next start where the last one was killed in the middle", async () => {
    for (const name of brought) programs.add(name);
    write(policy, "#!/bin/sh\nexit 101\n");
    write(`${policy}.before-skep`, "mine");
    await install();
    expect([read(policy), read(`${policy}.before-skep`)]).toEqual(["mine", null]);
    write(policy, "#!/bin/sh\nexit 101\n");
    write(`${policy}.none-before-skep`, "");
    await install();
    expect([read(policy), read(`${policy}.none-before-skep`)]).toEqual([null, null]);
  });
});

describe("the distribution's own daemons", () => {
  it("are stopped and disabled when they are new, and only those", async () => {
    units.add("containerd.service");
    await install();
    expect(changing().at(-1)).toBe("systemctl disable --now docker.service docker.socket");
  });

  it("are stopped too where apt-get broke off after it had brought them", async () => {
    failures = ["E: one", "E: two"];
    const { run } = machine();
    const on = machine({
      async run(program, given) {
        if (program === "apt-get") units.add("docker.socket");
        return run(program, given);
      },
    });
    await expect(install({ on })).rejects.toThrow("(two)");
    expect(changing().at(-1)).toBe("systemctl disable --now docker.socket");
  });

  it("are left alone where all of them were there", async () => {
    for (const unit of newUnits) units.add(unit);
    await install();
    expect(changing().filter((command) => command.startsWith("systemctl"))).toEqual([]);
  });

  it("are kept from the next boot by update-rc.d where systemd does not run, unless the script was there", async () => {
    rmSync(join(root, "run/systemd"), { recursive: true });
    const { run } = machine();
    const on = machine({
      async run(program, given) {
        if (program === "apt-get") write("etc/init.d/docker", "");
        return run(program, given);
      },
    });
    await install({ on });
    expect(commands.at(-1)).toBe("update-rc.d docker disable");
    programs = new Set(["apt-get"]);
    commands = [];
    await install({ on });
    expect(commands.every((command) => command.startsWith("apt-get"))).toBe(true);
  });
});

describe("installing packages", () => {
  it("gives the advice of whoever needs them, and no other", async () => {
    failures = ["E: one", "E: two"];
    await expect(installPackages(["chromium"], "Install Chromium by hand.", machine())).rejects.toMatchObject({
      publicMessage: "Packages could not be installed (two). Install Chromium by hand.",
    });
  });
});
