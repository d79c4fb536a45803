import { describe, expect, it } from "vitest";
import { agoText, untilText } from "./ago.tsx";

const now = new Date(2026, 4, 31, 22, 30).getTime();
const at = (day: number, hour: number, minute: number) => new Date(2026, 4, day, hour, minute).toISOString();

describe("a time to come", () => {
  it.each([
    ["today", at(31, 23, 5), "23:05"],
    ["tomorrow, over the end of a month", at(32, 12, 3), "tomorrow 12:03"],
    ["later", at(33, 0, 0), "2026-06-02 00:00"],
  ])("that is %s reads as a clock says it", (_when, iso, text) => {
    expect(untilText(iso, now)).toBe(text);
  });
});

describe("a time that has passed", () => {
  it.each([
    [at(31, 22, 29), "1 min ago"],
    [at(30, 22, 30), "1 d ago"],
    [at(31, 23, 30), "in 1 h"],
  ])("%s", (iso, text) => {
    expect(agoText(iso, now)).toBe(text);
  });
});
