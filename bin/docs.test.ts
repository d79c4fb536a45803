import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { readEnvironment } from "#lib/env.ts";
import { ladder } from "./borders.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const folders = ["app", "bin", "components", "docs", "e2e", "lib", "prisma"];

test("every rule that a comment cites is in docs/engine.md, which counts them from 1", () => {
  const rules = [...read("docs/engine.md").matchAll(/^- \*\*R(\d+)\. /gm)].map(([, number]) => Number(number));
  expect(rules).toEqual(rules.map((_, index) => index + 1));
  const cited = sources().flatMap((file) =>
    [...read(file).matchAll(/\bR([1-9]\d?)\b/g)].map(([, number]) => ({ file, rule: Number(number) })),
  );
  expect(cited.length).toBeGreaterThan(0);
  expect(cited.filter(({ rule }) => !rules.includes(rule))).toEqual([]);
});

test(".env.example names the settings that are read, each of them and no other, and the README has them all", () => {
  const asked = new Set<string>();
  readEnvironment(new Proxy({}, { get: (_, name) => void asked.add(String(name)) }));
  const settings = [...asked].filter((name) => !name.endsWith("_FILE")).sort();
  const named = [...read(".env.example").matchAll(/^#?([A-Z_]+?)(?:_FILE)?=/gm)].map(([, name]) => name);
  expect(named.sort()).toEqual(settings);
  const readme = read("README.md");
  expect(settings.filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
});

test("the README's ladder has the rooms that exist, in their order", () => {
  const list = /^ {4}errors [\s\S]+?\n\n/m.exec(read("README.md"))?.[0] ?? "";
  const rooms = ladder.filter(
    (room) => existsSync(join(root, "lib", room)) || existsSync(join(root, "lib", `${room}.ts`)),
  );
  expect(list.trim().split(/\s+/)).toEqual(rooms);
});

function sources(): string[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .map((file) => join(folder, file))
      .filter((file) => /\.(tsx?|mjs|md|sql|prisma)$/.test(file) && !file.startsWith(join("lib", "db", "generated"))),
  );
}

function read(file: string): string {
  return readFileSync(join(root, file), "utf8");
}
