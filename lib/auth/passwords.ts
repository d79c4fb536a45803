import "server-only";
import { argon2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { oncePerProcess } from "#lib/clock.ts";
import { AppError } from "#lib/errors.ts";

/**
 * argon2id, 32 MiB, 3 passes, one lane: about 60 ms on one core, and above what OWASP asks for (19 MiB, 2 passes).
 * More memory would make each sign-in dearer for Skep than for a thief with a rack: two are hashed at a
 * time, so this peaks at 64 MiB. Fewer passes would be cheap to guess.
 */
const strength = { memory: 32_768, passes: 3, parallelism: 1 };
const tagLength = 32;

/** How passwords are compared; a test may count how often. */
export type VerifyPassword = (password: string, hash: string) => Promise<boolean>;

/** A new hash in the usual form ($argon2id$v=19$m=…), which carries its own strength and salt. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const { memory, passes, parallelism } = strength;
  const tag = await derive(password, salt, strength);
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${encode(salt)}$${encode(tag)}`;
}

export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const parts = parse(hash);
  if (!parts) return false;
  const tag = await derive(password, parts.salt, parts);
  return tag.length === parts.tag.length && timingSafeEqual(tag, parts.tag);
}

/** True where a hash was made with other than today's strength: the next sign-in makes it anew. */
export function isOutdated(hash: string): boolean {
  const parts = parse(hash);
  return !parts || parts.memory !== strength.memory || parts.passes !== strength.passes;
}

/** A hash that no password has: comparing with it makes an unknown account take as long as a known one. */
export function nobodysHash(): Promise<string> {
  return oncePerProcess("nobodys-password-hash", () => hashPassword(randomBytes(32).toString("base64url")));
}

type Strength = { memory: number; passes: number; parallelism: number };

const argon2Async = promisify(argon2);

/** Hashing shares Node's four threads with files and names: two at once leave it two, and a flood waits or is sent away. */
const atOnce = 2;
/** About two seconds of work; whoever comes later would wait longer than people do. */
const mostWaiting = 60;

async function derive(password: string, nonce: Uint8Array, strength: Strength): Promise<Buffer> {
  const { memory, passes, parallelism } = strength;
  const queue = oncePerProcess("password-queue", () => ({ running: 0, waiting: [] as (() => void)[] }));
  if (queue.running >= atOnce) {
    if (queue.waiting.length >= mostWaiting) {
      throw new AppError("throttled", "Too many people sign in at this moment. Try again in a few seconds.");
    }
    await new Promise<void>((resolve) => queue.waiting.push(resolve));
  } else {
    queue.running += 1;
  }
  try {
    // The same letters typed on another keyboard may come as other code points.
    const message = Buffer.from(password.normalize("NFKC"), "utf8");
    return await argon2Async("argon2id", { message, nonce, memory, passes, parallelism, tagLength });
  } finally {
    // Whoever waited longest takes this place over; only an empty queue frees it.
    const next = queue.waiting.shift();
    if (next) next();
    else queue.running -= 1;
  }
}

function parse(hash: string): (Strength & { salt: Buffer; tag: Buffer }) | null {
  const found = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/.exec(hash);
  if (!found) return null;
  const [, memory, passes, parallelism, salt = "", tag = ""] = found;
  return {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    salt: Buffer.from(salt, "base64"),
    tag: Buffer.from(tag, "base64"),
  };
}

function encode(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64").replace(/=+$/, "");
}
