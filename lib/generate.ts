import "server-only";
import { SecretValue } from "#lib/value.ts";
import { alphabetOf, type Generator } from "./generate/schema.ts";

export type { Generator };

/** Cryptographic randomness, injected so that a test can be it. */
export type RandomBytes = (size: number) => Uint8Array;

/** A fresh value. Every character of an alphabet is equally likely; what was drawn on the way is overwritten. */
export function generateValue(generator: Generator, randomBytes: RandomBytes): SecretValue {
  const text = textOf(generator, randomBytes);
  try {
    return new SecretValue(text);
  } finally {
    text.fill(0);
  }
}

function textOf(generator: Generator, randomBytes: RandomBytes): Buffer {
  switch (generator.type) {
    case "password":
      return drawn(Buffer.from(alphabetOf(generator)), generator.length, randomBytes);
    case "hex":
    case "base64url":
      return encoded(Buffer.from(randomBytes(generator.bytes)), generator.type);
    case "uuid":
      return uuid(Buffer.from(randomBytes(16)));
  }
}

/** Bytes beyond the last whole multiple of the alphabet are thrown away: taking them would favour its first characters. */
function drawn(alphabet: Buffer, length: number, randomBytes: RandomBytes): Buffer {
  const bound = 256 - (256 % alphabet.length);
  const text = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const bytes = randomBytes(length - filled + 16);
    for (const byte of bytes) {
      if (byte < bound && filled < length) text[filled++] = alphabet[byte % alphabet.length] as number;
    }
    bytes.fill(0);
  }
  return text;
}
function encoded(bytes: Buffer, encoding: "hex" | "base64url"): Buffer {
  const text = Buffer.from(bytes.toString(encoding), "latin1");
  bytes.fill(0);
  return text;
}

function uuid(bytes: Buffer): Buffer {
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = encoded(bytes, "hex").toString("latin1");
  return Buffer.from(hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-"), "latin1");
}
