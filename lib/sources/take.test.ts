import { describe, expect, it } from "vitest";
import { maximumValueBytes } from "#lib/value.ts";
import type { Payload } from "./contract.ts";
import { memberOf } from "./json.ts";
import type { Take } from "./schema.ts";
import { takeValue } from "./take.ts";

const whole: Take = { take: "whole" };
const field = (name: string): Take => ({ take: "field", field: name });
const bytes = (content: string | Uint8Array): Payload & { has: "bytes" } => ({
  has: "bytes",
  bytes: Buffer.from(content),
});

function take(payload: Payload, how: Take): Promise<string> {
  return takeValue("Vault", payload, how, memberOf).use(async (value) => value.toString("latin1"));
}

describe("a value that is taken", () => {
  it("is all that is there, byte for byte, or as JSON where there are fields", async () => {
    const every = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    expect(await take(bytes(every), whole)).toBe(Buffer.from(every).toString("latin1"));
    expect(await take({ has: "fields", fields: { b: 1, a: ["x"] } }, whole)).toBe('{"b":1,"a":["x"]}');
  });

  it("is a field of JSON, with the digits that it was written with", async () => {
    expect(await take(bytes('{"pin":00}'), whole)).toBe('{"pin":00}');
    expect(await take(bytes('{"pin":12345678901234567890.0}'), field("pin"))).toBe("12345678901234567890.0");
    expect(await take(bytes('{"on":false}'), field("on"))).toBe("false");
    expect(await take(bytes('{"a":{"b":1.0}}'), field("a"))).toBe('{"b":1.0}');
    expect(await take({ has: "fields", fields: { key: "x\r\n" } }, field("key"))).toBe("x\r\n");
  });

  it.each<[string, Payload, Take, RegExp]>([
    ["nothing at all", bytes(""), whole, /^The value at Vault is empty\. /],
    ["an empty field", bytes('{"a":""}'), field("a"), /^The value at Vault is empty\. /],
    ["a field that holds null", bytes('{"a":null}'), field("a"), /^There is no field a at Vault\. /],
    ["no such field", bytes('{"a":1}'), field("b"), /^There is no field b at Vault\. /],
    ["no JSON", bytes("plain"), field("a"), /^What Vault has there is no JSON/],
    ["no text", bytes('{"a":"\\ud800"}'), field("a"), /^The field a at Vault holds half of a character/],
    [
      "no text in a place",
      bytes('{"a":"\\udc00"}'),
      { take: "template", template: "{{a|url}}" },
      /holds half of a character/,
    ],
    ["a hole", bytes('{"a":""}'), { take: "template", template: "x{{a}}" }, /^The field a at Vault is empty\. /],
    ["too much", bytes(new Uint8Array(maximumValueBytes + 1)), whole, /is over 511,999 bytes/],
  ])("is refused where there is %s", (_what, payload, how, sentence) => {
    expect(() => takeValue("Vault", payload, how, memberOf)).toThrow(
      expect.objectContaining({ code: "source-no-value", publicMessage: expect.stringMatching(sentence) }),
    );
  });

  it("leaves no bytes behind, taken or refused", () => {
    for (const [content, how] of [
      ["whole-canary", whole],
      ['{"a":"field-canary"}', field("a")],
      ['{"a":"field-canary"}', field("b")],
      ["no-json-canary", field("a")],
      ['{"a":"field-canary"}', { take: "template", template: "{{" } as Take],
    ] as const) {
      const payload = bytes(content);
      try {
        takeValue("Vault", payload, how, memberOf).forget();
      } catch {
        // What is refused is looked at below as well.
      }
      expect(payload.bytes.every((byte) => byte === 0)).toBe(true);
    }
  });
});
