import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalBytes } from "./canonical.ts";

describe("the one spelling of an event", () => {
  it("is the same for the same facts in any order, and is JSON", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.oneof(fc.string({ unit: "grapheme" }), fc.maxSafeInteger(), fc.boolean())),
        (facts) => {
          const backwards = Object.fromEntries(Object.entries(facts).reverse());
          expect(canonicalBytes(backwards)).toEqual(canonicalBytes(facts));
          expect(JSON.parse(canonicalBytes({ text: "é\u2028" }).toString())).toEqual({ text: "é\u2028" });
        },
      ),
    );
  });

  it("holds nothing that Postgres cannot: no zero byte, no half character", () => {
    expect(canonicalBytes("a\0b\ud800").toString()).toBe('"a\ufffdb\ufffd"');
  });

  it.each([1.5, Number.NaN, 2 ** 60, () => 1, 1n, Symbol("x")])("refuses %s", (value) => {
    expect(() => canonicalBytes({ value })).toThrow(TypeError);
  });
});
