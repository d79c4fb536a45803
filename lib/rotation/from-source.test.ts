import { describe, expect, it } from "vitest";
import type { BindingRecord } from "#lib/grants/records.ts";
import { sampleRecord, sampleVersion } from "#lib/grants/sample.ts";
import { isSeenLast, isWanted } from "./from-source.ts";

const early = "2026-03-01T10:00:00.000Z";
const since = "2026-03-02T10:00:00.000Z";
const late = "2026-03-03T10:00:00.000Z";

const binding: BindingRecord = {
  id: "binding-1",
  sourceId: "source-1",
  sourceName: "vault",
  path: "shop/db",
  take: { take: "whole" },
  mode: "by-itself",
  newestId: "8",
  newestSince: since,
  isDeleted: false,
  failure: null,
  sourceFailure: null,
};

type Over = Parameters<typeof sampleVersion>[3];
const version = (number: number, state: Parameters<typeof sampleVersion>[2], over: Over = {}) =>
  sampleVersion("db", number, state, { createdAt: early, ...over });

/** A secret that is bound, with these versions, the newest first. */
function bound(...versions: ReturnType<typeof version>[]) {
  return sampleRecord({ name: "db", binding, versions });
}

describe("a version at the source is wanted by itself", () => {
  it("where the Swarm has another one, or nobody knows which", () => {
    expect(isWanted(bound(version(1, "current", { sourceVersionId: "7" })), "8")).toBe(true);
    expect(isWanted(bound(version(1, "current")), "8")).toBe(true);
  });

  it("and not where the Swarm has it", () => {
    expect(isWanted(bound(version(1, "current", { sourceVersionId: "8", createdAt: late })), "8")).toBe(false);
  });

  it.each(["abandoned", "removed", "pending"] as const)("nor where what was made of it since is %s", (state) => {
    const tried = version(2, state, { sourceVersionId: "8", createdAt: late });
    expect(isWanted(bound(tried, version(1, "current", { sourceVersionId: "7" })), "8")).toBe(false);
  });

  it("nor where a person rolled back from it, or rotated away from it", () => {
    const left = version(2, "previous", { sourceVersionId: "8", createdAt: late });
    expect(isWanted(bound(left, version(1, "current", { sourceVersionId: "7" })), "8")).toBe(false);
    expect(isWanted(bound(version(3, "current"), left), "8")).toBe(false);
  });

  it("but again where the source itself came back to it: what was made of it before then was of another turn", () => {
    const before = version(1, "previous", { sourceVersionId: "8" });
    expect(isWanted(bound(version(2, "current", { sourceVersionId: "9" }), before), "8")).toBe(true);
    const rolledBackTo = { ...before, promotedAt: late };
    expect(isWanted(bound(version(2, "current", { sourceVersionId: "9" }), rolledBackTo), "8")).toBe(false);
  });

  it("not where the secret is to be retired, has no version, or is bound to nothing", () => {
    expect(isWanted(bound(version(1, "current", { retireAfter: late })), "8")).toBe(false);
    expect(isWanted(bound(), "8")).toBe(false);
    expect(isWanted(sampleRecord({ name: "db", binding: null }), "8")).toBe(false);
  });
});

describe("what is begun for a place", () => {
  const seen = (newestId: string, newestSince: string | null, isDeleted = false) =>
    sampleRecord({ name: newestId, binding: { ...binding, newestId, newestSince, isDeleted }, versions: [] });

  it("is what was seen there last, also for those that were not looked at since", () => {
    expect(isSeenLast([seen("7", early), seen("8", since)], "8")).toBe(true);
    expect(isSeenLast([seen("7", null)], "7")).toBe(true);
  });

  it("is nothing that somebody else has seen replaced or deleted since, and nothing where nobody is bound", () => {
    expect(isSeenLast([seen("8", since), seen("9", late)], "8")).toBe(false);
    expect(isSeenLast([seen("8", late, true)], "8")).toBe(false);
    expect(isSeenLast([], "8")).toBe(false);
  });
});
