import { describe, expect, it } from "vitest";
import type { BindingRecord } from "#lib/grants/records.ts";
import { sampleRecord, sampleVersion } from "#lib/grants/sample.ts";
import { lineOf, sampleInput } from "../sample.ts";
import { bindingFailing, sourceFailing, sourceNewer } from "./sources.ts";

const binding: BindingRecord = {
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
const failed = { sentence: "vault is sealed. Unseal it.", since };

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

  it("that fails for no secret is no finding", () => {
    expect(sourceFailing(sampleInput({ records: [sampleRecord()] }))).toEqual([]);
  });
});

describe("a newer version at the source", () => {
  const lines = (record: ReturnType<typeof bound>) => sourceNewer(sampleInput({ records: [record] })).map(lineOf);

  it("is told where it waits for a yes, with the way there", () => {
    const records = [bound("a", { mode: "after-yes", newestId: "8" })];
    const found = sourceNewer(sampleInput({ records }));
    expect(found.map(lineOf)).toEqual(["a has a newer version at vault, which waits for a yes"]);
    expect(found[0]?.mend).toMatchObject({ href: "/secrets/secret-a/rotate?source=source", needs: "secret.rotate" });
  });

  it("is told where it was tried and undone, and not where it is about to be tried", () => {
    const tried = sampleVersion("a", 3, "abandoned", { sourceVersionId: "8" });
    const record = bound("a", { newestId: "8" });
    expect(lines(record)).toEqual([]);
    expect(lines({ ...record, versions: [...record.versions, tried] })).toEqual([
      "a has a newer version at vault, which was tried and not kept",
    ]);
  });

  it("is none where both sides agree, where the source was never asked, and where it was deleted there", () => {
    expect(lines(bound("a", { mode: "after-yes" }))).toEqual([]);
    expect(lines(bound("a", { mode: "after-yes", newestId: null }))).toEqual([]);
    expect(lines(bound("a", { mode: "after-yes", newestId: "8", isDeleted: true }))).toEqual([]);
  });
});
