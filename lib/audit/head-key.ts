import "server-only";
import { createPrivateKey, createPublicKey, hkdfSync, type KeyObject } from "node:crypto";

/** PKCS #8 of an Ed25519 key, up to its 32 bytes. */
const pkcs8Head = Buffer.from("302e020100300506032b657004220420", "hex");
/** SPKI of an Ed25519 key, up to its 32 bytes. */
const spkiHead = Buffer.from("302a300506032b6570032100", "hex");

/** The key that signs heads, made of the session secret: every instance has the same, and nothing more has to be kept. */
export function headKey(sessionSecret: string): { privateKey: KeyObject; publicKey: string } {
  const seed = Buffer.from(hkdfSync("sha256", sessionSecret, "", "skep.audit.head.v1", 32));
  const privateKey = createPrivateKey({ key: Buffer.concat([pkcs8Head, seed]), format: "der", type: "pkcs8" });
  const spki = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  return { privateKey, publicKey: spki.subarray(spkiHead.length).toString("base64url") };
}

export function publicHeadKey(publicKey: string): KeyObject {
  const key = Buffer.concat([spkiHead, Buffer.from(publicKey, "base64url")]);
  return createPublicKey({ key, format: "der", type: "spki" });
}
