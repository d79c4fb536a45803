import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isNumber, memberOf, parseJson, pointTo, textOf } from "./json.ts";

const parse = (text: string) => parseJson(Buffer.from(text));

describe("JSON of a source", () => {
  it.each(["12345678901234567890", "1.10", "-0", "1e400", "0.1000000000000000055511151231257827"])(
    "keeps the digits of %s, at any depth",
    (number) => {
      const json = parse(`{"a":[{"b":${number}}],"c":${number}}`);
      expect(textOf(pointTo(json, "/a/0/b"))).toBe(number);
      expect(textOf(pointTo(json, "/c"))).toBe(number);
      expect(textOf(json)).toBe(`{"a":[{"b":${number}}],"c":${number}}`);
      expect(textOf(parse(number))).toBe(number);
    },
  );

  it.each(["", "NaN", "Infinity", "{a:1}", "[1,]", "01", "+1", "'a'", '{"a":1} x', "\u0000", "[".repeat(100_000)])(
    "is none of %j",
    (text) => {
      expect(parse(text)).toBeUndefined();
    },
  );

  it("is none of bytes that are no UTF-8, even inside a string", () => {
    expect(parseJson(Buffer.from([0x22, 0xff, 0x22]))).toBeUndefined();
    expect(parseJson(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]))).toBeUndefined();
  });

  it("says of a number that it is one, and of nothing else", () => {
    expect(isNumber(parse("7"))).toBe(true);
    for (const text of ['"7"', "null", "true", "[7]", '{"rawJSON":"7"}']) expect(isNumber(parse(text))).toBe(false);
  });

  it("gives text as it is, and anything else as JSON gives it", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const plain: unknown = JSON.parse(text);
        const found = textOf(parse(text));
        if (plain === null) expect(found).toBeNull();
        else if (typeof plain === "string") expect(found).toBe(plain);
        else expect(JSON.parse(found ?? "")).toEqual(plain);
      }),
    );
  });
});

describe("a pointer", () => {
  const text = '{"foo":["bar","baz"],"":0,"a/b":1,"m~n":8,"~1":9," ":7,"n":5,"nested":{"":{"x":true}}}';

  it.each([
    ["/foo", '["bar","baz"]'],
    ["/foo/0", "bar"],
    ["/", "0"],
    ["/a~1b", "1"],
    ["/m~0n", "8"],
    ["/~01", "9"],
    ["/ ", "7"],
    ["/nested//x", "true"],
    ["", text],
  ])("%j leads to what RFC 6901 says", (pointer, expected) => {
    expect(textOf(pointTo(parse(text), pointer))).toBe(expected);
  });

  it.each([
    ...["/foo/2", "/foo/-", "/foo/00", "/foo/-1", "/foo/1e0", "/foo/length", "/foo/0/length", "/missing", "/foo/0/0"],
    ...["foo", "/n/rawJSON", "/n/toString", "/constructor", "/__proto__", "/foo/map", "/nested/__proto__/x"],
  ])("%j leads nowhere", (pointer) => {
    expect(pointTo(parse(text), pointer)).toBeUndefined();
  });

  it("finds a member that is really called __proto__, and gives nothing else its members", () => {
    const json = parse('{"__proto__":{"admin":"yes"},"a":{"__proto__":null}}');
    expect(textOf(pointTo(json, "/__proto__/admin"))).toBe("yes");
    expect(pointTo(json, "/admin")).toBeUndefined();
    expect(pointTo(json, "/a/toString")).toBeUndefined();
    expect(memberOf({}, "admin")).toBeUndefined();
  });
});
