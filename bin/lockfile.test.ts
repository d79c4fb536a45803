import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

type Entry = { version?: string; optionalDependencies?: Record<string, string> };

it("the lockfile names the packages of every platform, without which `npm ci` refuses it", () => {
  const text = readFileSync(new URL("../package-lock.json", import.meta.url), "utf8");
  const { packages } = JSON.parse(text) as { packages: Record<string, Entry> };
  const missing = Object.entries(packages).flatMap(([path, entry]) =>
    Object.keys(entry.optionalDependencies ?? {}).filter((name) => !isFound(packages, path, name)),
  );
  expect(missing).toEqual([]);
});

/** Looked for as Node does: beside the package that wants it, then outwards. */
function isFound(packages: Record<string, Entry>, path: string, name: string): boolean {
  const places = path
    .split("/node_modules/")
    .map((_, index, parts) => parts.slice(0, index + 1).join("/node_modules/"));
  return ["", ...places.map((place) => `${place}/`)].some((place) => packages[`${place}node_modules/${name}`]?.version);
}
