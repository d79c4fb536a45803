import "server-only";
import { Transform } from "node:stream";

/** In bytes: of what Skep asks, no answer comes near. */
const maximumMessageBytes = 256 * 1024;

/**
 * Lets whole messages through that are as PostgreSQL's protocol has them (its manual, "Message Formats"). What follows a
 * broken one is dropped: a message that ends too early would have `pg` throw where nobody catches it, or search for the
 * end of a text for ever.
 */
export function wellFormed(onBroken: () => void): Transform {
  let rest = Buffer.alloc(0);
  return new Transform({
    transform(chunk: Buffer, _, done) {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 5) {
        const length = rest.readUInt32BE(1);
        if (length < 4 || length > maximumMessageBytes) return onBroken();
        if (rest.length < 1 + length) break;
        if (!isWellFormed(rest.subarray(0, 1 + length))) return onBroken();
        this.push(rest.subarray(0, 1 + length));
        rest = rest.subarray(1 + length);
      }
      done();
    },
  });
}

function isWellFormed(message: Buffer): boolean {
  const shape = shapes.get(String.fromCharCode(message[0] ?? 0));
  try {
    shape?.(reading(message.subarray(5)));
    return shape !== undefined;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

type Reading = ReturnType<typeof reading>;

/** Reads on from where it was; past the end that is a RangeError. */
function reading(body: Buffer) {
  let at = 0;
  const skip = (bytes: number) => {
    if (bytes < 0 || at + bytes > body.length) throw new RangeError();
    at += bytes;
    return at - bytes;
  };
  return {
    skip,
    byte: () => body.readUInt8(skip(1)),
    short: () => body.readInt16BE(skip(2)),
    long: () => body.readInt32BE(skip(4)),
    /** A text up to its zero byte; how long it is. */
    text: () => {
      const end = body.indexOf(0, at);
      if (end === -1) throw new RangeError();
      return end - skip(end + 1 - at);
    },
  };
}

const nothing = () => undefined;

function fields({ byte, text }: Reading): void {
  while (byte() !== 0) text();
}

/** Anything else, such as copying, Skep never asks for. */
const shapes = new Map<string, (message: Reading) => void>([
  ["R", authentication],
  ["E", fields],
  ["N", fields],
  ["S", ({ text }) => [text(), text()]],
  ["A", ({ long, text }) => [long(), text(), text()]],
  ["C", ({ text }) => text()],
  ["K", ({ skip }) => skip(8)],
  ["Z", ({ skip }) => skip(1)],
  ["T", ({ short, text, skip }) => each(short(), () => [text(), skip(18)])],
  ["D", ({ short, long, skip }) => each(short(), () => skip(presentLength(long())))],
  ["t", ({ short, skip }) => skip(4 * short())],
  ...["1", "2", "3", "I", "n", "s"].map((type): [string, () => void] => [type, nothing]),
]);

function authentication({ long, text, skip }: Reading): void {
  const way = long();
  if (![0, 3, 5, 10, 11, 12].includes(way)) throw new RangeError();
  if (way === 5) skip(4);
  if (way === 10) while (text() > 0);
}

function each(count: number, read: () => unknown): void {
  if (count < 0) throw new RangeError();
  for (let place = 0; place < count; place += 1) read();
}

/** -1 is the length of what is null. */
function presentLength(length: number): number {
  return length === -1 ? 0 : length;
}
