import { describe, expect, it } from "vitest";
import type { BindingRecord } from "#lib/grants/records.ts";
import { sampleRecord, sampleVersion } from "#lib/grants/sample.ts";
import { sampleStarter } from "#lib/operations/sample.ts";
import type { Person } from "#lib/policy/schema.ts";
import { findingsFor } from "../for-reader.ts";
import { lineOf, sampleInput } from "../sample.ts";
import { bindingFailing, sourceFailing, sourceNewer } from "./sources.ts";

const binding: BindingRecord = {
  id: "binding-1",
  newestSince: null,
  sourceId: "source-1",
  sourceName: "vault",
  path: "shop/db",
  take: { take: "whole" },
  mode: "by-itself",
  newestId: "7",
  isDeleted: false,
  failure: null,
  sourceFailure: null,
};
const since = "2026-03-01T10:00:00.000Z";
const failed = { code: "source-sealed", sentence: "vault is sealed. Unseal it.", since };

function bound(name: string, over: Partial<BindingRecord> = {}, currentId: string | null = "7") {
  const versions = [sampleVersion(name, 2, "current", { sourceVersionId: currentId })];
  return sampleRecord({ name, versions, binding: { ...binding, ...over } });
}

describe("a source", () => {
  it("that fails is one line for all secrets that are bound to it, with its words and since when", () => {
    const records = [bound("a", { sourceFailure: failed }), bound("b", { sourceFailure: failed, failure: failed })];
    const found = sourceFailing(sampleInput({ records }));
    expect(found.map(lineOf)).toEqual(["The source vault gives nothing to the 2 secrets bound to it"]);
    expect(found[0]).toMatchObject({ since, hint: failed.sentence, mend: { href: "/settings/sources" } });
    expect(bindingFailing(sampleInput({ records }))).toEqual([]);
  });

  it("that answers, and has nothing for one secret, is a line for that secret", () => {
    const records = [bound("a", { failure: failed }), bound("b")];
    expect(sourceFailing(sampleInput({ records }))).toEqual([]);
    const found = bindingFailing(sampleInput({ records }));
    expect(found.map(lineOf)).toEqual(["a gets nothing from shop/db at vault"]);
    expect(found[0]).toMatchObject({ secretId: "secret-a", since });
  });

  it("that gave, while something else stood in the way, is not blamed for that", () => {
    const busy = { code: "busy", sentence: "api is busy: another update is under way.", since };
    const found = bindingFailing(sampleInput({ records: [bound("a", { failure: busy })] }));
    expect(found.map(lineOf)).toEqual(["a has another version at vault that could not be begun"]);
    expect(found[0]).toMatchObject({ hint: busy.sentence, since, mend: { href: "/secrets/secret-a" } });
  });

  it("that fails for no secret is no finding", () => {
    expect(sourceFailing(sampleInput({ records: [sampleRecord()] }))).toEqual([]);
  });
});

describe("another version at the source", () => {
  const lines = (record: ReturnType<typeof bound>) => sourceNewer(sampleInput({ records: [record] })).map(lineOf);

  it("is told where it waits for a yes, with the way there", () => {
    const records = [bound("a", { mode: "after-yes", newestId: "8" })];
    const found = sourceNewer(sampleInput({ records }));
    expect(found.map(lineOf)).toEqual(["a has another version at vault, which waits for a yes"]);
    expect(found[0]?.mend).toMatchObject({ href: "/secrets/secret-a/rotate?source=source", needs: "secret.rotate" });
  });

  it.each([
    ["abandoned", "undone", "which was tried and undone"],
    ["previous", "had-before", "which the Swarm had before"],
    ["removed", "removed", "which was removed"],
  ] as const)("is told with what became of it: %s is %s, %s", (state, fate, words) => {
    const record = bound("a", { newestId: "8" });
    const had = sampleVersion("a", 1, state, { sourceVersionId: "8" });
    const found = sourceNewer(sampleInput({ records: [{ ...record, versions: [...record.versions, had] }] }));
    expect(found.map(lineOf)).toEqual([`a has another version at vault, ${words}`]);
    expect(found[0]).toMatchObject({ fate, hint: null, mend: { label: "Rotate" } });
  });

  it("that the Swarm had twice is told by its last time", () => {
    const had = (number: number, state: "abandoned" | "removed") =>
      sampleVersion("a", number, state, { sourceVersionId: "8" });
    const record = bound("a", { newestId: "8", mode: "after-yes" });
    const versions = [had(1, "removed"), ...record.versions, had(3, "abandoned")];
    expect(lines({ ...record, versions })).toEqual(["a has another version at vault, which was tried and undone"]);
  });

  it("that several secrets have at the same place leads to all of them, and to no other", () => {
    const other = { mode: "after-yes", newestId: "8" } as const;
    const elsewhere = [bound("c", { ...other, path: "shop/other" }), bound("d", { ...other, sourceId: "source-2" })];
    const records = [bound("a", other), bound("b", other), bound("agrees"), ...elsewhere];
    const found = sourceNewer(sampleInput({ records }));
    const both = "/secrets/rotate?secret%5B%5D=secret-a&secret%5B%5D=secret-b";
    expect(found.map(({ mend }) => mend?.href)).toEqual([
      both,
      both,
      "/secrets/secret-c/rotate?source=source",
      "/secrets/secret-d/rotate?source=source",
    ]);
    const [shown] = findingsFor({ ...sampleStarter, role: "viewer" } as Person, found);
    expect(shown?.mend).toEqual({ label: "Look", href: "/secrets/secret-a" });
  });

  it("that is about to be tried is no finding", () => {
    expect(lines(bound("a", { newestId: "8" }))).toEqual([]);
  });

  it.each(["after-yes", "by-itself"] as const)("that has leaked offers no rotation to it (%s)", (mode) => {
    const record = bound("a", { newestId: "8", mode });
    const versions = [
      ...record.versions,
      sampleVersion("a", 3, "abandoned", { sourceVersionId: "8" }),
      sampleVersion("a", 1, "removed", { sourceVersionId: "8", isLeaked: true }),
    ];
    const [found, ...others] = sourceNewer(sampleInput({ records: [{ ...record, versions }] }));
    expect(others).toEqual([]);
    expect(found && lineOf(found)).toBe("a has another version at vault, which has leaked");
    expect(found).toMatchObject({
      fate: "leaked",
      hint: "Change it at the source, then take it from there.",
      mend: { label: "Look" },
    });
    expect(found?.mend?.href).toBe("/secrets/secret-a");
  });

  it("is none where both sides agree, where the source was never asked, and where it was deleted there", () => {
    expect(lines(bound("a", { mode: "after-yes" }))).toEqual([]);
    expect(lines(bound("a", { mode: "after-yes", newestId: null }))).toEqual([]);
    expect(lines(bound("a", { mode: "after-yes", newestId: "8", isDeleted: true }))).toEqual([]);
  });
});
