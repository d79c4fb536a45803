import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

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
