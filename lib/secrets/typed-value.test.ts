import { describe, expect, it } from "vitest";
import { maximumValueBytes } from "#lib/value.ts";
import { largestValueBytes } from "./schema.ts";
import { typedValue } from "./typed-value.ts";

const file = (bytes: Uint8Array<ArrayBuffer>) => new File([bytes], "value");
const read = async (bytes: Uint8Array<ArrayBuffer>) =>
  (await typedValue(file(bytes)))?.use(async (all) => Buffer.from(all));

describe("a typed value", () => {
  it.each([
    ["LF", Buffer.from("a\nb\n")],
    ["CRLF", Buffer.from("a\r\nb\r\n")],
    ["every byte", Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))],
    ["one byte", Buffer.from("x")],
    ["as much as fits", Buffer.alloc(maximumValueBytes, 1)],
  ])("with %s arrives byte for byte", async (_what, bytes) => {
    expect(Buffer.compare((await read(new Uint8Array(bytes))) ?? Buffer.alloc(0), bytes)).toBe(0);
  });

  it("that is not there is none", async () => {
    expect([await typedValue(null), await typedValue(""), await typedValue(file(new Uint8Array()))]).toEqual([
      null,
      null,
      null,
    ]);
  });

  it("that is too large, or came as a text, is refused beside its field", async () => {
    const refusal = { code: "invalid-input", field: "value" };
    await expect(typedValue(file(new Uint8Array(maximumValueBytes + 1)))).rejects.toMatchObject(refusal);
    await expect(typedValue("canary")).rejects.toMatchObject(refusal);
    await expect(typedValue("canary")).rejects.not.toThrow(/canary/);
  });

  it("has the same limit in the browser", () => {
    expect(largestValueBytes).toBe(maximumValueBytes);
  });
});
