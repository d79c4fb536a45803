import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { differencesOf } from "./difference.ts";
import { compact, readDocument } from "./document.ts";

describe("the second reader of JSON", () => {
  it("reads what Node reads, and keeps every letter but blanks", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 3, stringUnit: "binary" }), (text) => {
        expect(compact(readDocument(text))).toBe(text);
        expect(compact(readDocument(JSON.stringify(JSON.parse(text), null, 2)))).toBe(JSON.stringify(JSON.parse(text)));
      }),
      { numRuns: 40 },
    );
  });

  it.each(['{"a":1,"a":2,"10":-0,"9":1.0}', "[9007199254740993,1E+3,1e-7,null,true]", '"\\u0041\\/\\ud800\\\\\\""'])(
    "keeps %s",
    (text) => {
      expect(compact(readDocument(` ${text}\n`))).toBe(text);
    },
  );

  it.each(["", "{", "[1,]", "{a:1}", '{"a" 1}', "01", "1.", "+1", "nul", "truer", '"\\x"', '"\n"', "[] []", "'a'"])(
    "refuses %j, as Node does",
    (text) => {
      expect(() => JSON.parse(text)).toThrow(SyntaxError);
      expect(() => readDocument(text)).toThrow(SyntaxError);
    },
  );
});

describe("a difference", () => {
  it.each([
    ["{}", "{ }", []],
    ['{"a":[1,2,3]}', '{"a":[1,3]}', [".a[1]: 2 → absent"]],
    ['{"a":[1,2]}', '{"a":[2,1]}', [".a[0]: 1 → 2", ".a[1]: 2 → 1"]],
    ['{"a":1,"b":2}', '{"b":2,"a":1}', ["(order): a,b → b,a"]],
    ['{"a":{"b":1.0}}', '{"a":{"b":1},"c":null}', [".a.b: 1.0 → 1", ".c: absent → null"]],
    ['{"a":[]}', '{"a":{}}', [".a: [] → {}"]],
    ['{"a":1,"a":2}', '{"a":2}', [".a: 1 → 2", ".a(again): 2 → absent"]],
  ])("of %s and %s has its place", (before, after, expected) => {
    const found = differencesOf(readDocument(before), readDocument(after));
    expect(found.map((each) => `${each.path}: ${each.before ?? "absent"} → ${each.after ?? "absent"}`)).toEqual(
      expected,
    );
  });

  it("of anything to itself is none, and of two texts there is one", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 2 }), fc.json({ maxDepth: 2 }), (one, other) => {
        expect(differencesOf(readDocument(one), readDocument(one))).toEqual([]);
        expect(differencesOf(readDocument(one), readDocument(other)).length > 0).toBe(one !== other);
      }),
    );
  });
});
