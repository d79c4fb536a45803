import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@playwright/test";
import { placesOf } from "#lib/ground/places.ts";
import { type RunningSkep, startSkep } from "./server.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Starts Skep where it is expected to refuse, and waits for its end. */
function runSkep(
  commandLine: string[],
  env: Record<string, string> = {},
): Promise<{ code: number | null; text: string }> {
  const folder = mkdtempSync(join(tmpdir(), "skep-refused-"));
  const child = spawn(
    join(root, "node_modules/.bin/node"),
    ["--conditions=react-server", "bin/server.ts", ...commandLine],
    {
      cwd: root,
      env: { ...process.env, NODE_ENV: "production", SKEP_DATA_DIR: join(folder, "data"), ...env },
      timeout: 120_000,
    },
  );
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (text += chunk));
  return new Promise((resolve) =>
    child.once("close", (code) => {
      rmSync(folder, { recursive: true, force: true });
      resolve({ code, text });
    }),
  );
}

/** Stops Skep but keeps its folder. */
async function end(skep: RunningSkep): Promise<number | null> {
  const exited = new Promise<number | null>((resolve) => skep.process.once("exit", resolve));
  skep.process.kill("SIGTERM");
  return exited;
}

/** Every process that was told of this folder, but the one that asks. */
function processesWith(folder: string): string[] {
  return readdirSync("/proc").filter((entry) => {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) return false;
    try {
      return readFileSync(`/proc/${entry}/cmdline`, "utf8").includes(folder);
    } catch {
      return false;
    }
  });
}

test("SIGTERM stops all that was started, and a second start finds everything as it was", async () => {
  const first = await startSkep();
  const data = join(first.folder, "data");
  const { hash, runFolder } = placesOf(data);
  expect(processesWith(hash).length).toBeGreaterThan(2);
  expect(statSync(join(data, "session-secret")).mode & 0o777).toBe(0o600);
  const secret = readFileSync(join(data, "session-secret"), "utf8");
  expect((await fetch(first.url)).status).toBeLessThan(500);
  expect(await end(first)).toBe(0);
  expect(processesWith(hash)).toEqual([]);
  expect(existsSync(runFolder)).toBe(false);
  expect(existsSync(join(data, "skep.process"))).toBe(false);
  expect(readFileSync("/proc/self/mounts", "utf8")).not.toContain(data);

  const started = performance.now();
  const second = await startSkep({ folder: first.folder });
  expect(performance.now() - started).toBeLessThan(20_000);
  expect(readFileSync(join(data, "session-secret"), "utf8")).toBe(secret);
  expect(await second.stop()).toBe(0);
  expect(processesWith(hash)).toEqual([]);
  rmSync(first.folder, { recursive: true, force: true });
});

test("a second instance on the same data folder is refused, naming the first", async () => {
  const first = await startSkep();
  const { code, text } = await runSkep(["--port", "0", "--sandbox"], { SKEP_DATA_DIR: join(first.folder, "data") });
  expect(code).toBe(1);
  expect(text).toContain(`(process ${first.process.pid})`);
  expect((await fetch(first.url)).status).toBeLessThan(500);
  expect(await first.stop()).toBe(0);
});

test("the terminal prints a set-up link where nobody is administrator, and none where the settings name one", async () => {
  const unattended = await startSkep();
  expect(unattended.output()).not.toContain("set-up");
  await unattended.stop();
  const first = await startSkep({ env: { SKEP_ADMIN_EMAIL: "", SKEP_ADMIN_PASSWORD_FILE: "" } });
  await expect.poll(() => first.output()).toMatch(/\/set-up\/\S{20,}/);
  await first.stop();
});

test("what is not safe or not there is refused in a sentence, with exit code 1", async () => {
  const open = await runSkep(["--host", "0.0.0.0"]);
  expect(open).toEqual({ code: 1, text: expect.stringContaining("--behind-proxy") });
  const noSwarm = await runSkep(["--port", "0"], { DOCKER_HOST: "unix:///nowhere/docker.sock" });
  expect(noSwarm).toEqual({
    code: 1,
    text: expect.stringContaining("DOCKER_HOST=unix:///nowhere/docker.sock cannot be used"),
  });
  const weak = await runSkep([], { SKEP_SESSION_SECRET: "changeme-changeme-changeme-changeme" });
  expect(weak).toEqual({ code: 1, text: expect.stringContaining("SKEP_SESSION_SECRET is weak or well known") });
  expect(weak.text).not.toContain("changeme-");
  const unknown = await runSkep(["--sandbocks"]);
  expect(unknown.code).toBe(1);
});

test("npx skep audit verify reads the history beside a running Skep, and without one", async () => {
  const skep = await startSkep();
  const verify = () =>
    execFileSync("npx", ["skep", "audit", "verify"], {
      cwd: root,
      encoding: "utf8",
      env: { ...process.env, SKEP_DATA_DIR: join(skep.folder, "data") },
    });
  expect(verify()).toMatch(/[Cc]onsistent up to \d/);
  await end(skep);
  expect(verify()).toMatch(/[Cc]onsistent up to \d/);
  expect(processesWith(placesOf(join(skep.folder, "data")).hash)).toEqual([]);
  rmSync(skep.folder, { recursive: true, force: true });
});
