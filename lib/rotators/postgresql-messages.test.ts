import { describe, expect, it } from "vitest";
import { wellFormed } from "./postgresql-messages.ts";

/** The type of a message and its bytes, in Latin-1. */
function message(type: string, body: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, Buffer.from(body, "latin1")]);
}

/** What comes through of all that is sent, and whether it was found broken. */
function through(chunks: Buffer[]): { passed: Buffer; isBroken: boolean } {
  let isBroken = false;
  const gate = wellFormed(() => {
    isBroken = true;
  });
  for (const chunk of chunks) gate.write(chunk);
  return { passed: (gate.read() as Buffer | null) ?? Buffer.alloc(0), isBroken };
}

const whole = [
  message("R", "\0\0\0\nSCRAM-SHA-256\0\0"),
  message("S", "TimeZone\0UTC\0"),
  message("K", "\0\0\0\x01\0\0\0\x02"),
  message("T", `\0\x01name\0${"\0".repeat(18)}`),
  message("D", "\0\x02\0\0\0\x03one\xff\xff\xff\xff"),
  message("E", "SERROR\0C42501\0\0"),
  message("1", ""),
  message("Z", "I"),
];

describe("messages of a server", () => {
  it("come through whole, however they are cut", () => {
    const all = Buffer.concat(whole);
    expect(through([all])).toEqual({ passed: all, isBroken: false });
    expect(through([...all].map((byte) => Buffer.from([byte])))).toEqual({ passed: all, isBroken: false });
  });

  it("are held back until they are whole", () => {
    expect(through([message("Z", "I").subarray(0, 5)])).toEqual({ passed: Buffer.alloc(0), isBroken: false });
  });

  it.each([
    ["a text without an end", message("C", "SELECT 1")],
    ["an error without an end", message("E", "SERROR\0")],
    ["a list of ways to sign in without an end", message("R", "\0\0\0\nSCRAM-SHA-256\0")],
    ["a column that is longer than its row", message("D", "\0\x01\0\0\0\x09one")],
    ["a column of a negative length", message("D", "\0\x01\xff\xff\xff\xfe")],
    ["a kind that Skep never asks for", message("H", "\0\0\0")],
    ["a length that is shorter than itself", Buffer.from("Z\0\0\0\x03I", "latin1")],
    ["a length that no answer has", Buffer.from("Z\x7f\0\0\0", "latin1")],
  ])("end with %s, and what came before is let through", (_, broken) => {
    const before = message("Z", "I");
    expect(through([before, broken, before])).toEqual({ passed: before, isBroken: true });
  });
});
