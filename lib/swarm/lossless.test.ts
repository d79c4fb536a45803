import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { numberOf, parseDockerLossless, parseLossless, stringifyLossless } from "./lossless.ts";

describe("lossless JSON", () => {
  it.each([
    "9007199254740993",
    "-9223372036854775808",
    "18446744073709551615",
    "1.50",
    "1e3",
    "-0",
    '{"a":[1,{"b":12345678901234567890}],"c":"9007199254740993"}',
    '{"__proto__":{"x":9007199254740993},"constructor":1}',
  ])("gives %s back as it was", (text) => {
    expect(stringifyLossless(parseLossless(text))).toBe(text);
  });

  it("changes no JSON that there is", () => {
    fc.assert(
      fc.property(fc.json(), fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }), (json, long) => {
        const text = `{"json":${json},"long":${long}}`;
        expect(JSON.parse(stringifyLossless(parseLossless(text)))).toEqual(JSON.parse(text));
        expect(stringifyLossless(parseLossless(text))).toContain(`"long":${long}}`);
      }),
    );
  });

  it("finds each long number that Docker may write, wherever it stands", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n }), (long) => {
        for (const text of [`{"a":${long}}`, `[0,${long}]`, `[${long}]`, `{"a": ${long} }`]) {
          expect(stringifyLossless(parseDockerLossless(text)).replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
        }
      }),
    );
  });

  it("reads a long number as the nearest one that JavaScript has", () => {
    expect(numberOf(parseLossless("9007199254740993"))).toBe(9007199254740992);
    expect(numberOf(5)).toBe(5);
    expect(numberOf("5")).toBeNull();
  });
});
