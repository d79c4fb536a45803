import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, type LaunchOptions, type Page } from "@playwright/test";
import { atEnd } from "./cleanup.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const email = "ada@example.org";

/** A folder for `npm start`, with the first administrator's password. */
export type SkepFolder = { folder: string; password: string };

export function skepFolder(folder: string): SkepFolder {
  const password = randomBytes(12).toString("base64url");
  writeFileSync(join(folder, "password"), password, { mode: 0o600 });
  return { folder, password };
}

export type StartedSkep = { process: ChildProcess; url: string; seconds: number; stop(): Promise<void> };

/** As a person starts it. Ready when a page has been answered, not when the terminal says so. */
export async function startSkep(
  { folder }: SkepFolder,
  { options = [], env = {} }: { options?: string[]; env?: Record<string, string> } = {},
): Promise<StartedSkep> {
  const started = performance.now();
  const child = spawn("npm", ["start", "--silent", "--", "--yes", "--port", "0", ...options], {
    cwd: root,
    env: {
      ...process.env,
      SKEP_DATA_DIR: join(folder, "data"),
      SKEP_ADMIN_EMAIL: email,
      SKEP_ADMIN_PASSWORD_FILE: join(folder, "password"),
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
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

/** Signed in, in a real browser, which ends with the bench at the latest. */
export async function signIn(url: string, { password }: SkepFolder): Promise<{ page: Page; close(): Promise<void> }> {
  // Which Chromium there is, is looked up when this is read: not before one was installed.
  const { default: playwright } = await import("../../playwright.config.ts");
  const browser = await chromium.launch(playwright.use?.launchOptions as LaunchOptions);
  atEnd(() => browser.close());
  const page = await browser.newPage({ baseURL: url });
  await page.goto("/sign-in");
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL((address) => !address.pathname.startsWith("/sign-in"));
  return { page, close: () => browser.close() };
}
