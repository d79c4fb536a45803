import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { AppError, errorCodes, isAppError } from "./errors.ts";

it("docs/map.md tells of every code, with a next step, and of no other", () => {
  const map = readFileSync(new URL("../docs/map.md", import.meta.url), "utf8");
  const rows = map
    .slice(map.indexOf("## Error codes"))
    .split("\n")
    .filter((line) => /^\| [a-z]/.test(line))
    .map((line) => line.split("|").map((cell) => cell.trim()));
  expect(rows.flatMap(([, codes = ""]) => codes.split(", ")).sort()).toEqual([...errorCodes].sort());
  for (const [, codes, what, next] of rows) {
    expect(what, codes).toMatch(/\w/);
    expect(next, codes).toMatch(/\w/);
  }
});

it("an error of another copy of this module, as Next loads several, is still recognised", async () => {
  const copy = (await import(`${"./errors.ts"}?another`)) as { AppError: typeof AppError };
  const foreign = new copy.AppError("busy", "Wait for the other.");
  expect(foreign).not.toBeInstanceOf(AppError);
  expect(isAppError(foreign)).toBe(true);
  expect(isAppError(foreign, "busy")).toBe(true);
  expect(isAppError(foreign, "forbidden")).toBe(false);
  expect(isAppError(new Error("busy"))).toBe(false);
});

it("a browser is told the code of what a page threw, and of a bug nothing", () => {
  expect(new AppError("not-found", "It is gone. Reload the page.").digest).toBe("not-found");
  expect(new AppError("unexpected", "A bug.").digest).toBeUndefined();
});
