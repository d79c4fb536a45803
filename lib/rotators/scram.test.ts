import { createHash, createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { scramVerifier } from "./scram.ts";

/** The conversation of RFC 7677, section 3: the user is `user`, the password `pencil`. */
const published = {
  salt: "W22ZaJ0SNY7soEsUEjb6gQ==",
  messages: [
    "n=user,r=rOprNGfwEbeRWgbNEkqO",
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
  ].join(","),
  proof: "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
  signature: "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
};

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

async function keysOf(password: string) {
  const verifier = await scramVerifier(Buffer.from(password), Buffer.from(published.salt, "base64"));
  const [, iterations, salt, stored = "", server = ""] = /^SCRAM-SHA-256\$(.+):(.+)\$(.+):(.+)$/.exec(verifier) ?? [];
  return { iterations, salt, stored: Buffer.from(stored, "base64"), server: Buffer.from(server, "base64") };
}

/** What a server does with the proof that a client sends. */
function isProven(stored: Buffer): boolean {
  const mask = hmac(stored, published.messages);
  const clientKey = Buffer.from(published.proof, "base64").map((byte, place) => byte ^ (mask[place] ?? 0));
  return createHash("sha256").update(clientKey).digest().equals(stored);
}

describe("a verifier", () => {
  it("accepts the proof, and gives the signature, of the conversation that RFC 7677 publishes", async () => {
    const { iterations, salt, stored, server } = await keysOf("pencil");
    expect({ iterations, salt }).toEqual({ iterations: "4096", salt: published.salt });
    expect(isProven(stored)).toBe(true);
    expect(hmac(server, published.messages).toString("base64")).toBe(published.signature);
  });

  it("of another password accepts neither", async () => {
    const { stored, server } = await keysOf("pencils");
    expect(isProven(stored)).toBe(false);
    expect(hmac(server, published.messages).toString("base64")).not.toBe(published.signature);
  });

  it("has a salt of its own each time, and leaves the password as it is", async () => {
    const password = Buffer.from("pencil");
    const [first, second] = [await scramVerifier(password), await scramVerifier(password)];
    expect(first).not.toBe(second);
    expect(password.toString()).toBe("pencil");
  });
});
