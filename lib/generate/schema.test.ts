import { describe, expect, it } from "vitest";
import { alphabetOf, bytesOf, entropyBits, type Generator, generatorText, isSameGenerator } from "./schema.ts";

const password = (over: object = {}): Generator => ({
  type: "password",
  alphabet: "letters-digits",
  length: 32,
  ...over,
});

describe("a generator", () => {
  it.each<[Generator, number, number, string]>([
    [password(), 190, 32, "password of 32 letters and digits"],
    [password({ alphabet: "digits", length: 6 }), 19, 6, "password of 6 digits"],
    [password({ alphabet: "own", characters: "abab01", length: 64 }), 128, 64, "password of 64 of your 4 characters"],
    [{ type: "hex", bytes: 32 }, 256, 64, "32 random bytes as hex"],
    [{ type: "base64url", bytes: 32 }, 256, 43, "32 random bytes as base64url"],
    [{ type: "uuid" }, 122, 36, "UUID"],
  ])(
    "%j says how hard its values are to guess, how long they are, and what it makes",
    (generator, bits, bytes, text) => {
      expect([entropyBits(generator), bytesOf(generator), generatorText(generator)]).toEqual([bits, bytes, text]);
    },
  );

  it("without look-alikes has none of them, whichever the alphabet", () => {
    for (const alphabet of ["letters-digits", "letters-digits-symbols", "digits"] as const)
      expect(alphabetOf({ type: "password", alphabet, withoutLookAlikes: true })).not.toMatch(/[0Oo1lI|5S2Z8B]/);
    const own = { type: "password", alphabet: "own", characters: "aO0a", withoutLookAlikes: true } as const;
    expect(alphabetOf(own)).toBe("a");
  });

  it("is the same whatever the order of its fields", () => {
    expect(isSameGenerator(password(), { length: 32, type: "password", alphabet: "letters-digits" })).toBe(true);
    expect(isSameGenerator(password(), password({ withoutLookAlikes: false }))).toBe(true);
    expect(isSameGenerator(password(), password({ length: 33 }))).toBe(false);
    expect(isSameGenerator(null, password())).toBe(false);
  });
});
