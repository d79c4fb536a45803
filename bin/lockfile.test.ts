import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

type Entry = {
  version?: string;
  integrity?: string;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
};

const text = readFileSync(new URL("../package-lock.json", import.meta.url), "utf8");
const { packages } = JSON.parse(text) as { packages: Record<string, Entry> };

it("the lockfile names the packages of every platform, without which `npm ci` refuses it", () => {
  const missing = Object.entries(packages).flatMap(([path, entry]) =>
    Object.keys(entry.optionalDependencies ?? {}).filter((name) => !isFound(path, name)),
  );
  expect(missing).toEqual([]);
});

it("whatever is installed where Skep runs is checked against a hash", () => {
  const entries = Object.entries(packages).filter(([path]) => path !== "");
  const unchecked = entries.filter(([, entry]) => !entry.integrity && (!entry.optional || isForLinux(entry)));
  expect(entries.length).toBeGreaterThan(100);
  expect(unchecked.map(([path]) => path)).toEqual([]);
});

/** Looked for as Node does: beside the package that wants it, then outwards. */
function isFound(path: string, name: string): boolean {
  const places = path
    .split("/node_modules/")
    .map((_, index, parts) => parts.slice(0, index + 1).join("/node_modules/"));
  return ["", ...places.map((place) => `${place}/`)].some((place) => packages[`${place}node_modules/${name}`]?.version);
}

/** As Debian and Ubuntu are on the two processors for which there is a Postgres to bring along. */
function isForLinux({ os, cpu, libc }: Entry): boolean {
  const isFor = (wanted: string[] | undefined, ours: string[]) => !wanted || wanted.some((one) => ours.includes(one));
  return isFor(os, ["linux"]) && isFor(cpu, ["x64", "arm64"]) && isFor(libc, ["glibc"]);
}
