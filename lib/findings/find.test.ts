import { describe, expect, it } from "vitest";
import { sampleRecord } from "#lib/grants/sample.ts";
import { countNeedingAttention } from "./count.ts";
import { find } from "./find.ts";
import { sampleInput, sampleOperation, sampleSwarm } from "./sample.ts";

describe("findings", () => {
  it("come with the most pressing first, and what runs among them", () => {
    const operations = [
      sampleOperation(),
      sampleOperation({ id: "operation-2", state: "needs-attention", secretIds: [] }),
    ];
    const cluster = { id: "cluster-1", name: "default", isAutolocked: false, engineVersion: "" };
    const input = { operations, records: [sampleRecord({ name: "other" })], snapshot: sampleSwarm({ cluster }) };
    const found = find(sampleInput(input));
    expect(found.map(({ rule }) => rule)).toEqual([
      "operation-needs-attention",
      "operation-running",
      "missing-object",
      "no-autolock",
    ]);
    expect(countNeedingAttention(found)).toBe(2);
  });
});
