import { encodingsOf, hashesOf } from "./encodings.ts";

/** A value that must be nowhere, with the name under which a find is reported. */
export type Canary = { name: string; bytes: Buffer };
/** Somewhere that a value could end up, and what is there. */
export type Place = { name: string; bytes: Buffer };

type Needle = { canary: string; encoding: string; bytes: Buffer; isPart: boolean };

/** Halves shorter than this would be found by chance. */
const shortestPart = 8;

/**
 * One line for each place in which a canary was found, with how it was written there: whole, hashed, or a part of it.
 * Never the value itself. Each place is read once, however many canaries there are.
 */
export function findCanaries(canaries: readonly Canary[], places: Iterable<Place>): string[] {
  const search = searchFor(canaries.flatMap(needlesOf));
  const found = new Set<string>();
  for (const place of places) {
    const hits = search(place.bytes);
    const whole = new Set(hits.filter(({ isPart }) => !isPart).map(({ canary }) => canary));
    for (const { canary, encoding, isPart } of hits) {
      if (!isPart || !whole.has(canary)) found.add(`${canary} in ${place.name} (${encoding})`);
    }
  }
  return [...found];
}

function needlesOf({ name, bytes }: Canary): Needle[] {
  const needle = (isPart: boolean, what: string) => (form: [string, Buffer]) => ({
    canary: name,
    encoding: `${what}${form[0]}`,
    bytes: form[1],
    isPart,
  });
  const parts: [string, Buffer][] = [
    ["its first half, ", bytes.subarray(0, bytes.length / 2)],
    ["its second half, ", bytes.subarray(bytes.length / 2)],
    ["its letters, ", Buffer.from(longestWord(bytes))],
  ];
  return [
    ...[...encodingsOf(bytes)].map(needle(false, "")),
    ...[...hashesOf(bytes)].map(needle(false, "")),
    ...parts
      .filter(([, part]) => part.length >= shortestPart)
      .flatMap(([what, part]) => [...encodingsOf(part)].map(needle(true, what))),
  ];
}

/** What stays the same however the rest is escaped. */
function longestWord(bytes: Buffer): string {
  const words = bytes.toString("latin1").match(/[A-Za-z0-9_-]+/g) ?? [];
  return words.reduce((longest, word) => (word.length > longest.length ? word : longest), "");
}

/** All needles at once: a table of their first four bytes says at each position whether it is worth a closer look. */
function searchFor(needles: readonly Needle[]): (bytes: Buffer) => Needle[] {
  const bits = 20;
  const isWorthIt = new Uint8Array(1 << bits);
  const byStart = new Map<number, Needle[]>();
  const slotOf = (start: number) => Math.imul(start, 0x9e3779b1) >>> (32 - bits);
  for (const needle of needles) {
    if (needle.bytes.length < 4) throw new Error(`${needle.canary} is too short to be looked for.`);
    const start = needle.bytes.readInt32BE(0);
    isWorthIt[slotOf(start)] = 1;
    byStart.set(start, [...(byStart.get(start) ?? []), needle]);
  }
  return (bytes) => {
    const hits = new Set<Needle>();
    let window = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      window = (window << 8) | (bytes[at] as number);
      if (at < 3 || isWorthIt[slotOf(window)] === 0) continue;
      for (const needle of byStart.get(window) ?? []) {
        const from = at - 3;
        if (bytes.subarray(from, from + needle.bytes.length).equals(needle.bytes)) hits.add(needle);
      }
    }
    return needles.filter((needle) => hits.has(needle));
  };
}
