import { describe, expect, it } from "vitest";
import { maximumValueBytes } from "#lib/value.ts";
import { largestValueBytes } from "./schema.ts";
import { typedValue, typedValues } from "./typed-value.ts";

const file = (bytes: Uint8Array<ArrayBuffer>) => new File([bytes], "value");
const formOf = (entries: Record<string, File | string>) => {
  const form = new FormData();
  for (const [name, entry] of Object.entries(entries)) form.append(name, entry);
  return form;
};
const take = (value: File | string) => typedValue(formOf({ value }));
const read = async (bytes: Uint8Array<ArrayBuffer>) => (await take(file(bytes)))?.use(async (all) => Buffer.from(all));

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
    const none = [await typedValue(new FormData()), await take(""), await take(file(new Uint8Array()))];
    expect(none).toEqual([null, null, null]);
  });

  it("that is too large, or came as a text, is refused beside its field", async () => {
    const refusal = { code: "invalid-input", field: "value" };
    await expect(take(file(new Uint8Array(maximumValueBytes + 1)))).rejects.toMatchObject(refusal);
    await expect(take("canary")).rejects.toMatchObject(refusal);
    await expect(take("canary")).rejects.not.toThrow(/canary/);
  });

  it("of each of several secrets has a field of its own, and a refusal stands beside that one", async () => {
    const form = formOf({ "value:a": file(Buffer.from("one")), "value:c": file(Buffer.from("three")), value: "x" });
    const values = await typedValues(form, ["a", "b", "c"]);
    const texts = await Promise.all([...values.values()].map((each) => each.use(async (bytes) => bytes.toString())));
    expect([...values.keys()].map((id, place) => [id, texts[place]])).toEqual([
      ["a", "one"],
      ["c", "three"],
    ]);
    const wrong = formOf({ "value:a": file(Buffer.from("one")), "value:b": "canary" });
    await expect(typedValues(wrong, ["a", "b"])).rejects.toMatchObject({ field: "value:b" });
  });

  it("has the same limit in the browser", () => {
    expect(largestValueBytes).toBe(maximumValueBytes);
  });
});
