import "server-only";
import { isUtf8 } from "node:buffer";
import { createHmac, randomUUID } from "node:crypto";
import type { SecretValue } from "#lib/value.ts";
import type { Turn } from "./contract.ts";
import { RotatorFailure } from "./failure.ts";

/** The members of a call, but for the password; docs/rotators.md says when each is there. */
export type Call =
  | { step: "check"; login: string | null }
  | ({ step: "set" | "test" } & TurnMembers)
  | ({ step: "finish"; oldLogin: string | null; locksOld: boolean } & TurnMembers);

type TurnMembers = { operation: string; generation: number; login: string | null };

/** A turn in the contract's words. */
export function membersOf({ operationId, generation, login }: Turn): TurnMembers {
  return { operation: operationId, generation, login };
}

/** The bytes that are signed and sent. They are the caller's to overwrite. */
export async function bodyOf(name: string, call: Call, password: SecretValue | null): Promise<Buffer> {
  const json = JSON.stringify({ version: 1, rotator: name, ...call });
  if (password === null) return Buffer.from(json);
  return password.use(async (bytes) => {
    if (isUtf8(bytes)) return withPassword(json, bytes);
    const sentence = `The new password is not text in UTF-8, and ${name} can be told no other. Take another one.`;
    throw new RotatorFailure("refused", name, { sentence });
  });
}

/** Puts the password behind the other members, byte by byte: a string of it could not be overwritten. */
function withPassword(json: string, password: Buffer): Buffer {
  const head = Buffer.from(`${json.slice(0, -1)},"password":"`);
  const room = Buffer.alloc(head.length + 6 * password.length + 2);
  let length = head.copy(room);
  for (const byte of password) length += writeEscaped(room, byte, length);
  length += room.write('"}', length);
  return room.subarray(0, length);
}

/** As a text in JSON has it (RFC 8259, section 7). */
function writeEscaped(room: Buffer, byte: number, at: number): number {
  if (byte < 0x20) return room.write(`\\u${byte.toString(16).padStart(4, "0")}`, at);
  if (byte === 0x22 || byte === 0x5c) return room.write(`\\${String.fromCharCode(byte)}`, at);
  return room.writeUInt8(byte, at) - at;
}

/** The key of a credential's text, as Standard Webhooks writes one: whsec_ and 24 to 64 bytes in base64. */
export function keyOf(name: string, credential: string, text: string): Buffer {
  const [, base64 = ""] = /^whsec_([A-Za-z0-9+/]+={0,2})\s*$/.exec(text) ?? [];
  const key = Buffer.from(base64, "base64");
  if (key.length >= 24 && key.length <= 64 && key.toString("base64") === base64) return key;
  const sentence = `The credential ${credential} is no key that calls to ${name} can be signed with: whsec_ and 24 to 64 bytes in base64. Make one as docs/rotators.md says, for both sides.`;
  throw new RotatorFailure("sign-in", name, { sentence });
}

/** Signed as Standard Webhooks are, as those that Skep takes. Each call has an id of its own, also one that is sent again: it is to be done again. */
export function signatureOf(body: Buffer, key: Buffer, now: Date, id: string = randomUUID()): Record<string, string> {
  const timestamp = String(Math.floor(now.getTime() / 1000));
  const code = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest("base64");
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${code}` };
}
