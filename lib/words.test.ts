import { describe, expect, it } from "vitest";
import { keepDuration } from "#lib/settings/durations.ts";
import { agreeing, counted, elapsed, exactDuration, exactTime, octal, shownVersionId, someOf } from "./words.ts";

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
    expect(keepDuration.safeParse("").success).toBe(false);
  });
});

it("a span that was measured is told by its two largest units", () => {
  expect([0, 7.46, 29.9, 69, 3_599, 7_500].map(elapsed)).toEqual([
    "0 s",
    "7.5 s",
    "30 s",
    "1 min 9 s",
    "59 min 59 s",
    "2 h 5 min",
  ]);
});

describe("names in a sentence", () => {
  it.each([
    [["a"], "a"],
    [["a", "b"], "a and b"],
    [["a", "b", "c"], "a, b and c"],
    [["a", "b", "c", "d", "e"], "a, b and 3 more"],
  ])("%j reads %s", (names, text) => {
    expect(someOf(names)).toBe(text);
  });
});

describe("a number in a sentence", () => {
  it("goes with its noun and its verb", () => {
    expect([0, 1, 3000].map((number) => counted(number, "service"))).toEqual([
      "0 services",
      "1 service",
      "3,000 services",
    ]);
    expect([1, 2].map((number) => agreeing(number, "is", "are"))).toEqual(["is", "are"]);
  });

  it("is octal where it is a mode", () => {
    expect([0o444, 0o400, 0].map(octal)).toEqual(["0444", "0400", "0000"]);
  });
});

it("a time is told to the second, in UTC", () => {
  expect(exactTime("2026-05-09T12:03:04.567Z")).toBe("2026-05-09 12:03:04 UTC");
});

it("a version of a source is shown without its time or an ETag's quotes, and shortened where it is long", () => {
  expect(shownVersionId("7@2026-05-09T12:00:00.000Z")).toBe("7");
  const ids = ["7", '"v1"', 'W/"v2"', '""', "8c7a1f02-5d11-4b6e-9d7e-000000000000", `"${"a1".repeat(32)}"`];
  expect(ids.map(shownVersionId)).toEqual(["7", "v1", "v2", '""', "8c7a1f02…", "a1a1a1a1…"]);
});
