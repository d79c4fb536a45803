#!/usr/bin/env node
// Runs on any Node from 20.19 on and before anything is installed: only `node:` imports, no types, no further files.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(realpathSync(fileURLToPath(import.meta.url))));
const node = join(root, "node_modules/.bin/node");
const [command = "start", ...rest] = process.argv.slice(2);

/** What each command needs before Node 24 takes over, and what it then runs. */
const commands = {
  start: { needsBuild: true, run: ["bin/server.ts"], mode: "production" },
  dev: { needsBuild: false, run: ["bin/server.ts", "--dev"], mode: "development" },
  build: { needsBuild: true, run: null },
  test: { needsBuild: false, run: ["bin/test.ts"] },
  check: { needsBuild: false, run: ["bin/test.ts", "--quick"] },
  prove: { needsBuild: false, run: ["bin/prove.ts"], mode: "production" },
  bench: { needsBuild: true, run: ["bin/bench.ts"], mode: "production" },
};

const usage = `npx skep <command>
  start         the console (npm start); npm start -- --help lists its options
  dev           the same while you change it
  test, check   all tests, or those of a minute
  test sources  the contract of sources on real servers (docs/sources.md)
  bench, prove  what docs/bench.md and docs/proof.md tell of
  audit verify  walk the history and name the first line that does not fit
  admin reset   a link to a new password for an administrator`;

async function main() {
  requireNode(20, 19);
  if (["help", "--help", "-h"].includes(command)) {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  const { needsBuild, run, mode } = commands[command] ?? { needsBuild: false, run: ["bin/cli.ts", command] };
  await oneAtATime(async () => {
    await install();
    await generate();
    if (needsBuild && !rest.includes("--help")) await build();
  });
  return run ? handOver([...run, ...rest], mode) : 0;
}

function requireNode(major, minor) {
  const [hasMajor, hasMinor] = process.versions.node.split(".").map(Number);
  if (hasMajor > major || (hasMajor === major && hasMinor >= minor)) return;
  fail(`Skep needs Node ${major}.${minor} or newer to start; this is ${process.versions.node}.`);
}

/** Of two in one checkout the second waits, and finds it done. The kernel forgets the name with the process that holds it. */
async function oneAtATime(work) {
  const name = `\0skep-checkout-${createHash("sha256").update(root).digest("hex").slice(0, 12)}`;
  let server = await takeName(name);
  if (!server) process.stdout.write("Another Skep installs or builds in this checkout; waiting for it …\n");
  while (!server) {
    await delay(200);
    server = await takeName(name);
  }
  await work();
  server.close();
}

/** Null while somebody else has it. Such names are Linux's own; elsewhere everybody gets one. */
function takeName(name) {
  if (process.platform !== "linux") return { close() {} };
  return new Promise((resolve, reject) => {
    const server = createServer((connection) => connection.destroy());
    server.once("error", (error) => (error.code === "EADDRINUSE" ? resolve(null) : reject(error)));
    server.listen(name, () => resolve(server));
  });
}

/** Packages as the lockfile names them, and in them a Node 24 that runs everything else. */
async function install() {
  const mark = join(root, "node_modules/.skep-installed");
  const wanted = hashOf(["package.json", "package-lock.json"]);
  if (read(mark) !== wanted) {
    if (!isInstalled()) {
      await step("Installing packages", ...npm("ci", "--include=dev", "--no-audit", "--no-fund"));
    }
    linkCommand();
    writeFileSync(mark, wanted);
  }
  if (hasNode24()) return;
  const installer = join(root, "node_modules/node");
  await step("Installing Node 24", process.execPath, ["installArchSpecificPackage.js"], { cwd: installer });
  if (!hasNode24()) fail("Node 24 could not be installed into node_modules. Run `npm ci` and read what it says.");
}

/** Whether node_modules holds exactly what the lockfile names, whoever put it there. */
function isInstalled() {
  const wanted = parse(join(root, "package-lock.json"))?.packages;
  const present = parse(join(root, "node_modules/.package-lock.json"))?.packages;
  if (!wanted || !present) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === "") return true;
    if (!present[path]) return entry.optional === true || entry.devOptional === true;
    return present[path].version === entry.version && present[path].integrity === entry.integrity;
  });
}

/** `npx skep …` looks here; npm links the commands of dependencies only. */
function linkCommand() {
  const link = join(root, "node_modules/.bin/skep");
  rmSync(link, { force: true });
  symlinkSync("../../bin/skep.mjs", link);
}

function hasNode24() {
  return spawnSync(node, ["--version"], { encoding: "utf8" }).stdout?.startsWith("v24.") ?? false;
}

async function generate() {
  const mark = join(root, "lib/db/generated/.schema");
  const wanted = hashOf(["prisma/schema.prisma", "package-lock.json"]);
  if (read(mark) === wanted) return;
  // Generating needs no engine, but tries to fetch one unless it is told where one is.
  const env = {
    ...process.env,
    PRISMA_SCHEMA_ENGINE_BINARY: node,
    CHECKPOINT_DISABLE: "1",
    PRISMA_HIDE_UPDATE_MESSAGE: "1",
  };
  const schema = join(root, "prisma/schema.prisma");
  await step(
    "Generating the database client",
    node,
    ["node_modules/prisma/build/index.js", "generate", "--schema", schema],
    { env },
  );
  writeFileSync(mark, wanted);
}

async function build() {
  const mark = join(root, ".next/skep-build");
  const wanted = hashOf([
    ...["app", "components", "lib", "public"].flatMap(sourcesIn),
    ...["package.json", "package-lock.json", "prisma/schema.prisma", "tsconfig.json"],
    ...["next.config.ts", "postcss.config.mjs", "proxy.ts"],
  ]);
  if (read(mark) === wanted) return;
  rmSync(mark, { force: true });
  const env = { ...process.env, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" };
  await step("Building the pages", node, ["node_modules/next/dist/bin/next", "build"], { env });
  mkdirSync(dirname(mark), { recursive: true });
  writeFileSync(mark, wanted);
}

function sourcesIn(folder) {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length + 1))
    .filter((file) => !file.startsWith("lib/db/generated/"))
    .sort();
}

/** Node 24 gets the terminal, the signals and the last word. */
function handOver(commandLine, mode) {
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", ...(mode ? { NODE_ENV: mode } : {}) };
  const settings = existsSync(join(root, ".env")) ? ["--env-file=.env"] : [];
  const flags = ["--conditions=react-server", ...settings];
  const child = spawn(node, [...flags, ...commandLine], { cwd: root, env, stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => {
    child.on("error", (error) => fail(`Node 24 could not be started (${error.message}).`));
    child.on("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}

/** One step of the way, with its time. What it says is shown only if it fails. */
function step(title, program, commandLine, options = {}) {
  const started = performance.now();
  const seconds = () => `${Math.round((performance.now() - started) / 1000)} s`;
  const isTerminal = process.stdout.isTTY;
  process.stdout.write(isTerminal ? `${title} …` : `${title} …\n`);
  const ticking = isTerminal && setInterval(() => process.stdout.write(`\r${title} … ${seconds()}`), 1000);
  const child = spawn(program, commandLine, { cwd: root, stdio: ["ignore", "pipe", "pipe"], ...options });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const forward = (signal) => child.kill(signal);
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, forward);
  return new Promise((resolve) => {
    const end = (reason) => {
      clearInterval(ticking);
      for (const signal of ["SIGINT", "SIGTERM"]) process.off(signal, forward);
      process.stdout.write(`${isTerminal ? "\r" : ""}${title} … ${reason ? "failed" : "done"} (${seconds()})\n`);
      if (reason) fail(`${shorten(output)}\n${title} failed: ${reason}.`);
      resolve();
    };
    child.on("error", (error) => end(error.message));
    child.on("close", (code, signal) => end(code === 0 ? null : signal ? `stopped by ${signal}` : `exit code ${code}`));
  });
}

/** Enough to see why: the beginning and the end, without warnings. */
function shorten(output) {
  const lines = output
    .trim()
    .split("\n")
    .filter((line) => !line.startsWith("npm warn"));
  return (lines.length > 40 ? [...lines.slice(0, 25), "…", ...lines.slice(-14)] : lines).join("\n");
}

/** The npm that started us, or the one on the path. */
function npm(...commandLine) {
  const script = process.env.npm_execpath;
  return script?.endsWith(".js") ? [process.execPath, [script, ...commandLine]] : ["npm", commandLine];
}

function hashOf(files) {
  const hash = createHash("sha256");
  for (const file of files)
    hash
      .update(`${file}\0`)
      .update(read(join(root, file)) ?? "")
      .update("\0");
  return hash.digest("hex");
}

function read(path) {
  return existsSync(path) ? readFileSync(path, "utf8") : null;
}

function parse(path) {
  const text = read(path);
  return text === null ? null : JSON.parse(text);
}

function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

process.exitCode = await main();
