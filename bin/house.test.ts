import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, matchesGlob } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { openToAll } from "./borders.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What is in the repository, and what is about to be: a file that nobody has added yet counts too. The checkout may be another user's. */
const listing = ["-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard"];
const files = execFileSync("git", listing, { cwd: root, encoding: "utf8" })
  .split("\n")
  .filter((file) => file !== "" && existsSync(join(root, file)));

describe("the house", () => {
  it("is no deeper than four folders, groups of pages not counted, since no address names them", () => {
    const foldersOf = (file: string) => file.split("/").filter((part) => !/^\(.*\)$/.test(part)).length - 1;
    expect(files.filter((file) => foldersOf(file) > 4)).toEqual([]);
  });

  it("has no folder or file whose name says nothing of what is in it", () => {
    const saysNothing = /^(utils?|helpers?|types?|misc|__tests__)(\.|$)/i;
    expect(files.filter((file) => file.split("/").some((part) => saysNothing.test(part)))).toEqual([]);
  });

  it("has no barrels: whoever needs a file names it", () => {
    expect(files.filter((file) => /(^|\/)index\.\w+$/.test(file))).toEqual([]);
  });
});

describe("`server-only`", () => {
  const rooms = files.filter((file) => /^lib\/.*\.ts$/.test(file) && !/\.test(-d)?\.ts$/.test(file));
  const forBrowsers = withWhatTheyNeed(rooms.filter(isOpenToAll));

  it("heads every file of lib but those that a browser may import and what they need", () => {
    const open = rooms.filter((file) => !/^import "server-only";\n/.test(textOf(file)));
    expect(open.toSorted()).toEqual([...forBrowsers].toSorted());
  });
});

/** By the list that the borders come from. */
function isOpenToAll(file: string): boolean {
  return openToAll.some((pattern) => matchesGlob(`#${file}`, pattern));
}

function withWhatTheyNeed(first: string[]): Set<string> {
  const found = new Set<string>();
  const left = [...first];
  for (let file = left.pop(); file !== undefined; file = left.pop()) {
    if (found.has(file)) continue;
    found.add(file);
    left.push(...neededBy(file));
  }
  return found;
}

/** The files of lib that are there when this one runs: types are gone by then. */
function neededBy(file: string): string[] {
  const imports = textOf(file).matchAll(/^(?:import|export) (?!type )(?:[^;]*? from )?"([^"]+)";$/gm);
  return [...imports].flatMap(([, name = ""]) => {
    if (name.startsWith("#lib/")) return name.slice(1);
    return name.startsWith(".") ? join(dirname(file), name) : [];
  });
}

function textOf(file: string): string {
  return readFileSync(join(root, file), "utf8");
}
