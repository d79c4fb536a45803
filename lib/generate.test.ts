import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Generator, generateValue } from "./generate.ts";

async function textOf(generator: Generator, random = (size: number): Uint8Array => randomBytes(size)): Promise<string> {
  return generateValue(generator, random).use(async (bytes) => bytes.toString("utf8"));
}

describe("a generated value", () => {
  it.each<[Generator, RegExp]>([
    [{ type: "password", alphabet: "digits", length: 6 }, /^[0-9]{6}$/],
    [{ type: "password", alphabet: "letters-digits", length: 32 }, /^[A-Za-z0-9]{32}$/],
    [{ type: "password", alphabet: "letters-digits-symbols", length: 40 }, /^[\x21-\x7e]{40}$/],
    [{ type: "password", alphabet: "own", characters: "abcabc01", length: 50 }, /^[abc01]{50}$/],
    [{ type: "password", alphabet: "own", characters: "abcO01", withoutLookAlikes: true, length: 50 }, /^[abc]{50}$/],
    [{ type: "hex", bytes: 32 }, /^[0-9a-f]{64}$/],
    [{ type: "base64url", bytes: 32 }, /^[A-Za-z0-9_-]{43}$/],
    [{ type: "uuid" }, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/],
  ])("of %o has its form", async (generator, form) => {
    expect(await textOf(generator)).toMatch(form);
  });

  it("holds every character of its alphabet equally often", async () => {
    const everyByte = Uint8Array.from({ length: 256 }, (_, index) => index);
    let offset = 0;
    const inTurn = (size: number) => Uint8Array.from({ length: size }, () => everyByte[offset++ % 256] as number);
    const text = await textOf({ type: "password", alphabet: "letters-digits", length: 62 * 8 }, inTurn);
    const counts = new Map<string, number>();
    for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
    expect(counts.size).toBe(62);
    expect(new Set(counts.values())).toEqual(new Set([8]));
  });

  it("has no character that breaks a shell or a URL", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 8, max: 128 }), async (length) => {
        const text = await textOf({ type: "password", alphabet: "letters-digits-symbols", length });
        expect(text).toHaveLength(length);
        expect(text).not.toMatch(/[\s"'`\\$&|;<>(){}[\]]/);
      }),
    );
  });

  it("leaves nothing of itself where it was drawn", () => {
    const lent: Uint8Array[] = [];
    generateValue({ type: "password", alphabet: "digits", length: 12 }, (size) => {
      const bytes = new Uint8Array(randomBytes(size));
      lent.push(bytes);
      return bytes;
    });
    expect(lent.every((bytes) => bytes.every((byte) => byte === 0))).toBe(true);
  });
});
