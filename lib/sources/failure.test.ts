import { describe, expect, it } from "vitest";
import { errorCodes } from "#lib/errors.ts";
import { isSourceFailure, retryAfterSeconds, SourceFailure, type SourceReason } from "./failure.ts";

const reasons = errorCodes.filter((code) => code.startsWith("source-")).map((code) => code.slice(7) as SourceReason);

describe("a failure of a source", () => {
  it.each(reasons)("of the reason %s says what is wrong and what to do, and how long to wait", (reason) => {
    const failure = new SourceFailure(reason, "Vault");
    expect(failure.code).toBe(`source-${reason}`);
    expect(failure.publicMessage).toMatch(/^[^.]*Vault[^.]*\. .+\.$/);
    expect(failure.pauseSeconds).toBeGreaterThan(0);
    expect(isSourceFailure(failure)).toBe(true);
  });

  it("waits as long as the source says, else as long as the reason says", () => {
    expect(new SourceFailure("throttled", "Vault", { pauseSeconds: 7 }).pauseSeconds).toBe(7);
    expect(new SourceFailure("throttled", "Vault", { pauseSeconds: null }).pauseSeconds).toBe(60);
  });
});

describe("Retry-After", () => {
  const now = new Date("2026-11-27T15:00:00.500Z");

  it.each<[string | undefined, number | null]>([
    [undefined, null],
    ["", null],
    ["7", 7],
    ["0", 1],
    ["86400", 3600],
    ["9".repeat(400), 3600],
    ["Fri, 27 Nov 2026 15:00:30 GMT", 30],
    ["Sat, 28 Nov 2026 15:00:00 GMT", 3600],
    ["Fri, 27 Nov 2026 14:00:00 GMT", null],
    ["-5", null],
    ["1.5", null],
    ["7 seconds", null],
    ["2026-11-27T15:01:00Z", null],
    ["Fri, 99 Nov 2026 15:00:30 GMT", null],
  ])("of %j is %j", (header, seconds) => {
    expect(retryAfterSeconds(header, now)).toBe(seconds);
  });
});
