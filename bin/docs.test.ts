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

test("every file that the README and docs/*.md name is there", () => {
  const places = folders.flatMap((folder) => [folder, ...filesIn(folder)]);
  const all = [...places, ...readdirSync(root)];
  const docs = ["README.md", ...filesIn("docs").filter((file) => /^docs\/[^/]+\.md$/.test(file))];
  const named = docs.flatMap((doc) => namesIn(read(doc)).map((name) => ({ doc, name })));
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter(({ name }) => !all.some((place) => patternOf(name).test(place)))).toEqual([]);
});

/** In backticks, what ends like a file or begins with a folder of the house. */
function namesIn(text: string): string[] {
  const quoted = [...text.replace(/^```[\s\S]*?^```$/gm, "").matchAll(/`([^`\s]+)`/g)].map(([, name = ""]) => name);
  const isFile = /^[^/].*\.(tsx?|mjs|md|json|sql|prisma|example)$/;
  return quoted.filter((name) => isFile.test(name) || folders.includes(name.split("/")[0] ?? ""));
}

/** Its path or the end of it; `*` and `<name>` stand for one name. */
function patternOf(name: string): RegExp {
  const literal = name.replace(/\/$/, "").split(/\*|<\w+>/);
  return new RegExp(`(^|/)${literal.map((part) => RegExp.escape(part)).join("[^/]+")}$`);
}

function sources(): string[] {
  return folders
    .flatMap(filesIn)
    .filter((file) => /\.(tsx?|mjs|md|sql|prisma)$/.test(file) && !file.startsWith(join("lib", "db", "generated")));
}

function filesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((file) => join(folder, file));
}

function read(file: string): string {
  return readFileSync(join(root, file), "utf8");
}
