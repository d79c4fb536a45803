import { describe, expect, it } from "vitest";
import { isSamePath, pathOfTarget } from "./schema.ts";

/** As the migration of grants has it in SQL, too. */
describe("where a target's file is", () => {
  it.each([
    ["db", "/run/secrets/db"],
    ["/run/secrets/db", "/run/secrets/db"],
    ["/run/secrets//db", "/run/secrets/db"],
    ["/run/./secrets/./db", "/run/secrets/db"],
    ["./db", "/run/secrets/db"],
    ["//etc//db", "/etc/db"],
    ["/etc/.db", "/etc/.db"],
    ["folder/db", "/run/secrets/folder/db"],
    ["/etc/a/../db", "/etc/a/../db"],
  ])("%s is %s", (target, path) => {
    expect(pathOfTarget(target)).toBe(path);
    expect(isSamePath(target, path)).toBe(true);
    expect(isSamePath(target, `${path}2`)).toBe(false);
  });
});
