import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

let checkout: string;

beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), "skep checkout "));
  for (const path of ["package.json", "package-lock.json", "node_modules/.package-lock.json"]) {
    write(path, JSON.stringify({ packages: {} }));
  }
  write("node_modules/.bin/.keep", "");
  symlinkSync(process.execPath, join(checkout, "node_modules/.bin/node"));
  write("bin/.keep", "");
  copyFileSync(join(import.meta.dirname, "skep.mjs"), join(checkout, "bin/skep.mjs"));
  write("node_modules/prisma/build/index.js", `require("node:fs").mkdirSync("lib/db/generated", { recursive: true })`);
  write("node_modules/next/dist/bin/next", fakeBuild);
});
afterEach(() => rmSync(checkout, { recursive: true, force: true }));

/** Fails where another one is under way, as the real one would. */
const fakeBuild = `
  const { appendFileSync, mkdirSync, rmdirSync } = require("node:fs");
  mkdirSync("busy");
  setTimeout(() => { appendFileSync("builds", "built\\n"); rmdirSync("busy"); }, 300);
`;

function write(path: string, text: string): void {
  mkdirSync(dirname(join(checkout, path)), { recursive: true });
  writeFileSync(join(checkout, path), text);
}

async function build(): Promise<{ code: number; output: string }> {
  const child = spawn(process.execPath, [join(checkout, "bin/skep.mjs"), "build"], { stdio: "pipe" });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const [code] = await once(child, "close");
  return { code, output };
}

function builds(): number {
  return readFileSync(join(checkout, "builds"), "utf8").trim().split("\n").length;
}

it("two builds of one checkout at once end well, with one build between them", async () => {
  const ends = await Promise.all([build(), build()]);
  expect(ends.map(({ code }) => code)).toEqual([0, 0]);
  expect(ends.filter(({ output }) => output.includes("waiting for it"))).toHaveLength(1);
  expect(builds()).toBe(1);
});

it("whoever asks for help is told the commands, and nothing is installed or built", async () => {
  const child = spawn(process.execPath, [join(checkout, "bin/skep.mjs"), "--help"], { stdio: "pipe" });
  let output = "";
  child.stdout.on("data", (chunk) => (output += chunk));
  expect(await once(child, "close")).toEqual([0, null]);
  expect(output).toMatch(/^npx skep <command>.*start.*audit verify.*admin reset/s);
  expect(existsSync(join(checkout, "builds"))).toBe(false);
});

it("a build is made again when a source changes, and not otherwise", async () => {
  await build();
  await build();
  expect(builds()).toBe(1);
  write("lib/one.ts", "export const one = 1;");
  expect((await build()).code).toBe(0);
  expect(builds()).toBe(2);
});
