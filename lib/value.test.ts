import { format, inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { maximumValueBytes, SecretValue } from "./value.ts";

const text = "hunter2-canary";
const given = () => new SecretValue(Buffer.from(text));

describe("a value", () => {
  it.each<[string, (value: SecretValue) => unknown]>([
    ["a template", (value) => `${value}`],
    ["addition", (value) => `is ${String(value)}`],
    ["JSON", (value) => JSON.stringify({ value })],
    ["inspection", (value) => inspect(value, { showHidden: true, depth: 9 })],
    ["inspection of what holds it", (value) => inspect({ plan: [value] }, { showHidden: true, depth: 9 })],
    ["a formatted line", (value) => format("%s %o %O %j", value, value, value, value)],
    ["a copy of its fields", (value) => JSON.stringify({ ...value })],
    ["a structured clone", (value) => inspect(structuredClone({ value }), { showHidden: true, depth: 9 })],
    ["an error's cause", (value) => inspect(new Error("failed", { cause: value }))],
  ])("does not show in %s", (_, print) => {
    const printed = String(print(given()));
    expect(printed).not.toContain(text);
    expect(printed).not.toContain(Buffer.from(text).toString("base64"));
    expect(printed).not.toContain(Buffer.from(text).toString("hex").slice(0, 8));
    expect(printed).not.toContain(inspect(Buffer.from(text)).slice(8, 20));
  });

  it("is lent byte for byte, and overwritten when it is forgotten", async () => {
    const value = given();
    const lent = await value.use(async (bytes) => {
      expect(bytes.toString()).toBe(text);
      return bytes;
    });
    value.forget();
    expect([...lent]).toEqual(Array(text.length).fill(0));
    await expect(value.use(async () => "used")).rejects.toMatchObject({ code: "value-lost" });
    value.forget();
  });

  it("is a copy: what its maker does with the bytes afterwards changes nothing", async () => {
    const bytes = Buffer.from(text);
    const value = new SecretValue(bytes);
    bytes.fill(0);
    expect(await value.use(async (lent) => lent.toString())).toBe(text);
  });

  it("has one byte at least, and as many as Swarm takes at most", () => {
    expect(() => new SecretValue(Buffer.alloc(0))).toThrow("empty");
    expect(() => new SecretValue(Buffer.alloc(maximumValueBytes))).not.toThrow();
    expect(() => new SecretValue(Buffer.alloc(maximumValueBytes + 1))).toThrow("511,999");
  });
});
