import "server-only";
import { createHash, createHmac, pbkdf2, randomBytes } from "node:crypto";
import { promisify } from "node:util";

/** As many as PostgreSQL itself takes unless told otherwise. */
const iterations = 4096;

/**
 * What a server keeps of a password: enough to recognise it, and not to sign in with (RFC 5803, the way PostgreSQL
 * writes it). Made here, so that the server is never sent the password itself. The password is printable ASCII: what
 * else it might hold would have to be prepared first (RFC 4013).
 */
export async function scramVerifier(password: Uint8Array, salt: Buffer = randomBytes(16)): Promise<string> {
  const salted = await promisify(pbkdf2)(password, salt, iterations, 32, "sha256");
  const clientKey = hmac(salted, "Client Key");
  try {
    const storedKey = createHash("sha256").update(clientKey).digest("base64");
    const serverKey = hmac(salted, "Server Key").toString("base64");
    return `SCRAM-SHA-256$${iterations}:${salt.toString("base64")}$${storedKey}:${serverKey}`;
  } finally {
    salted.fill(0);
    clientKey.fill(0);
  }
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
