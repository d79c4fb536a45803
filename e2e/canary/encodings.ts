import { createHash } from "node:crypto";

/** Every way in which these bytes could be written down; those that come out the same are looked for once. */
export function encodingsOf(bytes: Buffer): Map<string, Buffer> {
  const text = bytes.toString("utf8");
  const isText = Buffer.from(text).equals(bytes);
  const all: [string, string | Buffer][] = [["raw", bytes], ...binaryForms(bytes), ...(isText ? textForms(text) : [])];
  const found = new Map<string, Buffer>();
  const seen = new Set<string>();
  for (const [name, written] of all) {
    const form = Buffer.from(written);
    const key = form.toString("latin1");
    if (form.length > 0 && !seen.has(key)) found.set(name, form);
    seen.add(key);
  }
  return found;
}

/** What nobody may derive from a value either: hashes of it. */
export function hashesOf(bytes: Buffer): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  for (const algorithm of ["md5", "sha1", "sha256", "sha512"]) {
    const hash = createHash(algorithm).update(bytes).digest();
    found.set(`${algorithm}, as bytes`, hash);
    found.set(`${algorithm} in hex`, Buffer.from(hash.toString("hex")));
    found.set(`${algorithm} in base64`, Buffer.from(hash.toString("base64").replace(/=+$/, "")));
    found.set(`${algorithm} in base64url`, Buffer.from(hash.toString("base64url")));
  }
  return found;
}

function binaryForms(bytes: Buffer): [string, string][] {
  const percent = [...bytes].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
  return [
    ...[0, 1, 2].flatMap((offset): [string, string][] => {
      const inner = innerBase64(bytes, offset);
      const inUrl = inner.replaceAll("+", "-").replaceAll("/", "_");
      return [
        [`base64, ${offset} bytes in`, inner],
        [`base64url, ${offset} bytes in`, inUrl],
        [`base64 in a URL, ${offset} bytes in`, encodeURIComponent(inner)],
      ];
    }),
    ["hex", bytes.toString("hex")],
    ["upper-case hex", bytes.toString("hex").toUpperCase()],
    ["list of numbers", [...bytes].join(",")],
    ["all percent-encoded", percent],
    ["all percent-encoded in upper case", percent.toUpperCase()],
  ];
}

function textForms(text: string): [string, string][] {
  const json = JSON.stringify(text).slice(1, -1);
  const twice = JSON.stringify(json).slice(1, -1);
  return [
    ["URL-encoded", encodeURIComponent(text)],
    ["form-encoded", new URLSearchParams({ v: text }).toString().slice(2)],
    ["JSON-escaped", json],
    ["JSON-escaped twice", twice],
    ["JSON-escaped in ASCII", asciiOf(json)],
    ["HTML-escaped", htmlOf(text)],
    ["JSON-escaped in HTML", htmlOf(json)],
    ["JSON-escaped in a script", scriptOf(json)],
    ["JSON-escaped twice in a script", scriptOf(twice)],
    ["hex of what is JSON-escaped", Buffer.from(json).toString("hex")],
    ["base64 of what is JSON-escaped", innerBase64(Buffer.from(json), 0)],
  ];
}

/** What base64 looks like in the middle of something longer, without the letters that the neighbours decide. */
function innerBase64(bytes: Buffer, offset: number): string {
  const padded = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString("base64")
    .replace(/=+$/, "");
  const isWhole = (offset + bytes.length) % 3 === 0;
  return padded.slice(offset === 0 ? 0 : offset + 1, isWhole ? undefined : -1);
}

function asciiOf(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function htmlOf(text: string): string {
  const names: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;" };
  return text.replace(/[&<>"']/g, (letter) => names[letter] ?? letter);
}

function scriptOf(text: string): string {
  return text.replaceAll("<", "\\u003c").replaceAll(">", "\\u003e").replaceAll("&", "\\u0026");
}
