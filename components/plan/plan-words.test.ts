import { describe, expect, it } from "vitest";
import { keepDuration } from "#lib/secrets/schema.ts";
import { exactDuration } from "./plan-words.ts";

describe("a duration in a field", () => {
  it.each([0, 1, 59, 60, 90, 120, 3_600, 5_400, 7_200, 86_400, 90_000, 172_800, 604_800])(
    "of %i seconds is read again as it was",
    (seconds) => {
      expect(keepDuration.parse(exactDuration(seconds))).toBe(seconds);
    },
  );

  it("is written as people write it", () => {
    expect([86_400, 604_800, 30].map(exactDuration)).toEqual(["24 h", "7 days", "30 s"]);
    expect(["24h", "7 d", "2 minutes", "1 hour", "90", "0"].map((text) => keepDuration.parse(text))).toEqual([
      86_400, 604_800, 120, 3_600, 90, 0,
    ]);
    expect(keepDuration.safeParse("soon").error?.issues[0]?.message).toMatch(/such as 24 h/);
  });
});
