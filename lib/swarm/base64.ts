import "server-only";

const alphabet = Buffer.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
const padding = "=".charCodeAt(0);

export function base64Length(byteLength: number): number {
  return Math.ceil(byteLength / 3) * 4;
}

/** Writes base64 into a buffer that can be overwritten later; a string could not. */
export function writeBase64(bytes: Uint8Array, target: Buffer, offset: number): void {
  let position = offset;
  for (let index = 0; index < bytes.length; index += 3) {
    const left = bytes.length - index;
    const triple = ((bytes[index] ?? 0) << 16) | ((bytes[index + 1] ?? 0) << 8) | (bytes[index + 2] ?? 0);
    target[position] = alphabet[triple >> 18] ?? 0;
    target[position + 1] = alphabet[(triple >> 12) & 63] ?? 0;
    target[position + 2] = left > 1 ? (alphabet[(triple >> 6) & 63] ?? 0) : padding;
    target[position + 3] = left > 2 ? (alphabet[triple & 63] ?? 0) : padding;
    position += 4;
  }
}
