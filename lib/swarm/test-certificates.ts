import "server-only";
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

export type TestCertificate = { cert: string; key: string };

export type TestAuthority = {
  /** Its own certificate, in PEM. */
  ca: string;
  /** One for a server at `localhost` and for a client alike. */
  issue(name: string): TestCertificate;
};

/** An authority of a test's own, written byte by byte: Node reads certificates and makes none, and openssl is not everywhere. */
export function testAuthority(name: string): TestAuthority {
  const own = generateKeyPairSync("ed25519");
  const issue = (subject: string, publicKey: KeyObject, extension: Buffer) =>
    certificate({ issuer: name, subject, publicKey, extension, signer: own.privateKey });
  return {
    ca: issue(name, own.publicKey, isAuthority),
    issue(subject) {
      const { publicKey, privateKey } = generateKeyPairSync("ed25519");
      const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
      return { cert: issue(subject, publicKey, isLocalhost), key };
    },
  };
}

/** RFC 5280, section 4.1. */
function certificate(parts: {
  issuer: string;
  subject: string;
  publicKey: KeyObject;
  extension: Buffer;
  signer: KeyObject;
}): string {
  const { issuer, subject, publicKey, extension, signer } = parts;
  const toBeSigned = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ed25519,
    nameOf(issuer),
    sequence(der(0x17, Buffer.from("200101000000Z")), der(0x17, Buffer.from("491231235959Z"))),
    nameOf(subject),
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(extension)),
  );
  const signature = Buffer.concat([Buffer.from([0]), sign(null, toBeSigned, signer)]);
  const text = sequence(toBeSigned, ed25519, der(0x03, signature)).toString("base64");
  return `-----BEGIN CERTIFICATE-----\n${text.replace(/.{64}(?=.)/g, "$&\n")}\n-----END CERTIFICATE-----\n`;
}

function nameOf(commonName: string): Buffer {
  return sequence(der(0x31, sequence(der(0x06, Buffer.from("550403", "hex")), der(0x0c, Buffer.from(commonName)))));
}

function extensionOf(id: string, content: Buffer): Buffer {
  return sequence(der(0x06, Buffer.from(id, "hex")), der(0x04, content));
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, ...parts);
}

/** A tag, a length and what it is the length of. */
function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
}

const ed25519 = sequence(der(0x06, Buffer.from("2b6570", "hex")));
const isAuthority = extensionOf("551d13", sequence(der(0x01, Buffer.from([255]))));
const isLocalhost = extensionOf("551d11", sequence(der(0x82, Buffer.from("localhost"))));
