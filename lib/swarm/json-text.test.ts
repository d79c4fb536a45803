import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { itemTexts, memberText, withMember, withoutMember } from "./json-text.ts";

/** What a program that parses and writes JSON again would change. */
const fragile = [
  "9007199254740993",
  "-9223372036854775808",
  "18446744073709551615",
  "1.0",
  "1E3",
  "1e-7",
  "-0",
  '"\\u0041\\/\\ud800 é \\" } ] , \\\\"',
  '{"b":1,"10":2,"9":3,"b":4}',
  '{ "a" : [ ] , "__proto__" : { } }',
  "[]",
  "null",
];

describe("JSON as text", () => {
  it.each(fragile)("gives %s back as it is written", (text) => {
    expect(memberText(`{"a":{"x":1},"b":${text},"c":"b"}`, "b")).toBe(text);
    expect(itemTexts(`[${text},${text}, 5 ]`)).toEqual([text, text, "5"]);
    expect(withMember(`{"a":1,"b":${text}}`, "a", "2")).toBe(`{"a":2,"b":${text}}`);
    expect(withMember(`{"b":${text}}`, "a", text)).toBe(`{"b":${text},"a":${text}}`);
    expect(withoutMember(`{"a":${text},"b":${text}}`, "a")).toBe(`{"b":${text}}`);
  });

  it("finds the members and items that there are, whatever they hold", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 }),
        (given) => {
          const text = JSON.stringify(given, null, 1);
          const fields = JSON.parse(text) as Record<string, unknown>;
          const names = Object.keys(fields);
          const read = names.map((name) => JSON.parse(memberText(text, name) ?? ""));
          const left = names.map((name) => Object.keys(JSON.parse(withoutMember(text, name))));
          const items = itemTexts(JSON.stringify(Object.values(fields), null, 1)).map((item) => JSON.parse(item));
          const others = names.map((name) => names.filter((each) => each !== name));
          const values = Object.values(fields);
          expect(JSON.stringify([read, left, items])).toBe(JSON.stringify([values, others, values]));
        },
      ),
    );
  });

  it.each([
    ["{}", '{"a":1}'],
    ["{ }", '{ "a":1}'],
    [' {"b":{}} ', ' {"b":{},"a":1} '],
    ['{"b":"}"}', '{"b":"}","a":1}'],
  ])("adds to %s at its end", (object, expected) => {
    expect(withMember(object, "a", "1")).toBe(expected);
  });

  it.each([
    ['{"a":1}', "{}"],
    ['{ "a" : 1 , "b" : 2 }', '{ "b" : 2 }'],
    ['{"b":2,"a":1}', '{"b":2}'],
    ['{"b":2,"a":1,"c":3}', '{"b":2,"c":3}'],
    ['{"a":1,"b":2,"a":3}', '{"b":2}'],
    ['{"b":2}', '{"b":2}'],
  ])("takes a member out of %s with its comma, as often as it is there", (object, expected) => {
    expect(withoutMember(object, "a")).toBe(expected);
  });

  it("counts the last of several, and has nothing where there is no object or list", () => {
    expect(memberText('{"a":1,"a":2}', "a")).toBe("2");
    expect(withMember('{"a":1,"a":2}', "a", "3")).toBe('{"a":1,"a":3}');
    expect([memberText("5", "a"), memberText("", "a"), itemTexts("null"), itemTexts("{}")]).toEqual([
      null,
      null,
      [],
      [],
    ]);
  });
});
