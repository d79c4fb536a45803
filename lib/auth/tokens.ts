import "server-only";
import { createHmac, randomBytes } from "node:crypto";
import { configuration } from "#lib/env.ts";

export type TokenPurpose = "session" | "set-up" | "invitation" | "password";

/** 256 random bits, in letters that a URL and a cookie leave alone. */
export function newToken(): string {
  return randomBytes(32).toString("base64url");
}

/**
 * What Postgres keeps in place of a token: SHA-256 keyed with the session secret. Whoever reads the table cannot
 * use it, whoever writes to it cannot make a session, and a new secret ends them all.
 */
export function tokenHash(purpose: TokenPurpose, token: string): Uint8Array<ArrayBuffer> {
  const hash = createHmac("sha256", configuration().sessionSecret).update(`${purpose}\0${token}`).digest();
  return new Uint8Array(hash);
}
