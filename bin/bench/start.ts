import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { chromium, type LaunchOptions } from "@playwright/test";
import { eraseGround } from "#lib/ground/erase.ts";
import playwright from "../../playwright.config.ts";
import { prepareChromium, prepareEngine } from "../suite/prepare.ts";
import { atEnd } from "./cleanup.ts";
import { median, printFigure } from "./figure.ts";
import { benchFolder } from "./ground.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const starts = 3;
const restSeconds = 30;
const email = "ada@example.org";
const pages = ["/", "/secrets", "/services", "/operations", "/audit", "/settings/account", "/settings/people"];
const engineNames = ["dockerd", "containerd", "containerd-shim", "containerd-shim-runc-v2", "runc", "docker-proxy"];

/** `npm start` on a folder that has everything: how soon it answers, and what it keeps of the memory when all pages were seen. */
export async function run(): Promise<void> {
  await prepareEngine();
  await prepareChromium();
  const folder = benchFolder();
  atEnd(() => eraseGround(join(folder, "data")));
  const password = randomBytes(12).toString("base64url");
  writeFileSync(join(folder, "password"), password, { mode: 0o600 });
  await (await startSkep(folder)).stop();
  const seconds: number[] = [];
  for (let round = 0; round < starts; round += 1) {
    const skep = await startSkep(folder);
    seconds.push(skep.seconds);
    if (round === starts - 1) await measureMemory(skep, password);
    await skep.stop();
  }
  const value = median(seconds);
  const aim = 5;
  const against = `its aim, median of ${starts}: from \`npm start\` to the first answered request`;
  printFigure({ figure: "start.second", value, unit: "s", ratio: value / aim, against, aim, isHeld: value <= aim });
}

async function measureMemory({ url, process: child }: Started, password: string): Promise<void> {
  await lookAtPages(url, password);
  await pause(restSeconds * 1000);
  const value = megabytesOf(child.pid ?? 0);
  const aim = 400;
  const against = `its aim: PSS of all its processes but the engine, ${restSeconds} s after every page was seen`;
  printFigure({ figure: "start.memory", value, unit: "MB", ratio: value / aim, against, aim, isHeld: value <= aim });
}

type Started = { process: ChildProcess; url: string; seconds: number; stop(): Promise<void> };

/** As a person starts it. Ready when a page has been answered, not when the terminal says so. */
async function startSkep(folder: string): Promise<Started> {
  const started = performance.now();
  const env = {
    ...process.env,
    SKEP_DATA_DIR: join(folder, "data"),
    SKEP_ADMIN_EMAIL: email,
    SKEP_ADMIN_PASSWORD_FILE: join(folder, "password"),
  };
  const command = ["start", "--silent", "--", "--sandbox", "--yes", "--port", "0"];
  const child = spawn("npm", command, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const stop = async () => {
    if (child.exitCode === null && child.pid) process.kill(-child.pid, "SIGINT");
    await ended;
  };
  atEnd(stop);
  const url = await addressOf(child);
  for (const path of ["/api/health", "/sign-in"]) {
    const { status } = await fetch(`${url}${path}`);
    if (status !== 200) throw new Error(`${path} answered ${status}.`);
  }
  return { process: child, url, seconds: (performance.now() - started) / 1000, stop };
}

function addressOf(child: ChildProcess): Promise<string> {
  let text = "";
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`Skep ended with ${code}:\n${text}`)));
    child.stderr?.on("data", (chunk: Buffer) => (text += chunk));
    child.stdout?.on("data", (chunk: Buffer) => {
      text += chunk;
      const found = /Skep is at (\S+)/.exec(text);
      if (found?.[1]) resolve(found[1]);
    });
  });
}

/** In a real browser, so that everything which a page loads and asks for is there. */
async function lookAtPages(url: string, password: string): Promise<void> {
  const browser = await chromium.launch(playwright.use?.launchOptions as LaunchOptions);
  try {
    const page = await browser.newPage({ baseURL: url });
    await page.goto("/sign-in");
    await page.getByLabel("E-mail").fill(email);
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL((address) => !address.pathname.startsWith("/sign-in"));
    for (const path of pages) await page.goto(path);
  } finally {
    await browser.close();
  }
}

/** What the processes below this one keep for themselves, and their share of what they have together. */
function megabytesOf(pid: number): number {
  const parents = new Map(
    readdirSync("/proc").flatMap((entry) => (/^\d+$/.test(entry) ? parentOf(Number(entry)) : [])),
  );
  const below = (parent: number): number[] =>
    [...parents].flatMap(([child, { parentId, name }]) =>
      parentId === parent && !engineNames.includes(name) ? [child, ...below(child)] : [],
    );
  const kilobytes = [pid, ...below(pid)].map((each) => {
    const found = /^Pss:\s+(\d+) kB/m.exec(read(`/proc/${each}/smaps_rollup`));
    return Number(found?.[1] ?? 0);
  });
  return kilobytes.reduce((sum, each) => sum + each, 0) / 1024;
}

function parentOf(pid: number): [number, { parentId: number; name: string }][] {
  // The name may hold anything, so the fields after it are counted from its closing bracket.
  const found = /^\d+ \((.*)\) \S (\d+) /s.exec(read(`/proc/${pid}/stat`));
  return found ? [[pid, { parentId: Number(found[2]), name: found[1] ?? "" }]] : [];
}

/** Empty where the process has ended in the meantime. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
