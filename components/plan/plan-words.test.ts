import { describe, expect, it } from "vitest";
import { sampleChange, samplePlan, sampleRetirement, sampleVersion, toCreated } from "#lib/operations/sample.ts";
import type { Plan } from "#lib/operations/schema.ts";
import { restartsSaved, sourcedSentences, thenSentence } from "./plan-words.ts";

const names = ["a", "b", "c"];

function groupOf(over: Partial<Plan> = {}): Plan {
  const edits = names.map((name) => toCreated([name], `${name}-2`));
  return samplePlan({
    secrets: names.map((name) => ({ secretId: name, secretName: name, fromVersion: 1, toVersion: 2 })),
    create: names.map((name) => sampleVersion({ secretId: name, versionId: `${name}-2` })),
    changes: [
      sampleChange("api", edits, { tasks: 10 }),
      sampleChange("worker", edits.slice(1), { tasks: 2 }),
      sampleChange("job", edits, { tasks: 40, leftOut: "runs-to-end" }),
      sampleChange("mailer", edits, { tasks: 0, kind: "asleep" }),
    ],
    retire: names.map((name) => sampleRetirement(name)),
    ...over,
  });
}

describe("what a group is worth", () => {
  it("is the restarts of services that hold several of its secrets, of those that move", () => {
    expect(restartsSaved(groupOf())).toBe(
      "12 tasks restart instead of 34: each service moves once, with all of its secrets.",
    );
  });

  it("is nothing where no service holds two, and is not said of one secret", () => {
    const changes = [sampleChange("api", [toCreated(["a"], "a-2")], { tasks: 1 })];
    expect(restartsSaved(groupOf({ changes }))).toMatch(/^1 task restarts, as many as one by one/);
    expect(restartsSaved(samplePlan({ changes }))).toBeNull();
  });
});

describe("where the values of a plan come from", () => {
  const at = {
    from: "source",
    bindingId: null,
    sourceId: "s",
    sourceName: "vault",
    path: "shop/db",
    take: { take: "whole" },
  } as const;

  it("is said of each that is read at a source: which version, of what, and where", () => {
    const create = [
      sampleVersion({ secretName: "a", value: { ...at, sourceVersionId: "7" } }),
      sampleVersion({ secretName: "b", value: { ...at, path: "shop/http", sourceVersionId: null } }),
      sampleVersion({ secretName: "c" }),
    ];
    expect(sourcedSentences(samplePlan({ create }))).toEqual([
      "a gets version 7 of shop/db at vault.",
      "b gets what vault has at shop/http by then.",
    ]);
  });
});

describe("what then becomes of it", () => {
  it("is told of each keep time, and of all secrets that go back", () => {
    expect(thenSentence(groupOf())).toBe(
      "The old versions go after 24 h, if nothing names them. If a service fails, all go back to their old versions, each with all of its secrets.",
    );
    const retire = names.map((name, place) => sampleRetirement(name, { keepSeconds: 3600 * place }));
    expect(thenSentence(groupOf({ retire }))).toMatch(/^The old versions go at once, or after up to 2 h,/);
    expect(thenSentence(groupOf({ oldValueStaysValid: false }))).toMatch(/not every old value still works\.$/);
  });
});
