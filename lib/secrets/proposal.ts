import "server-only";
import type { SecretObject } from "#lib/swarm/schema.ts";
import { maximumNameLength } from "./schema.ts";

/** Unmanaged objects that look like versions of one secret. Only a proposal: a person confirms it when she adopts. */
export type Proposal = {
  name: string;
  /** The highest number first. */
  versions: { objectId: string; objectName: string; number: number; createdAt: string }[];
};

/** Groups by the usual patterns: `_v2`, `.v2`, `-2`, a hash, a timestamp. */
export function proposalsFor(unmanaged: Iterable<SecretObject>, takenNames: Iterable<string>): Proposal[] {
  const taken = new Set([...takenNames].map((name) => name.toLowerCase()));
  const groups = Map.groupBy(unmanaged, ({ name }) => baseOf(name).base.toLowerCase());
  return [...groups.values()].map((objects) => {
    const newest = objects.toSorted(byAge).at(-1) as SecretObject;
    const name = freeName(fitting(baseOf(newest.name).base), taken);
    taken.add(name.toLowerCase());
    return { name, versions: withNumbers(objects) };
  });
}

type Base = { base: string; number: number | null };

const counted = /^(.+?)[._-]v(\d{1,9})$/i;
const dated =
  /^(.+?)[._-](\d{4}-\d{2}-\d{2}([T_-]?\d{2}[-:]?\d{2}([-:]?\d{2})?)?|\d{8}([T_-]?\d{4}(\d{2})?)?|\d{10}|\d{12,14})Z?$/;
const plainNumber = /^(.+?)[._-](\d{1,3})$/;
const hashed = /^(.+?)[._-]([0-9a-f]{7,64})$/;

/** A name without what marks its version. A hash has a digit in it, or is too long to be a word. */
export function baseOf(name: string): Base {
  const count = counted.exec(name);
  const date = count ? null : dated.exec(name);
  if (date) return { base: date[1] ?? name, number: null };
  const numbered = count ?? plainNumber.exec(name);
  if (numbered) return { base: numbered[1] ?? name, number: Number(numbered[2]) };
  const hash = hashed.exec(name);
  const isHash = hash?.[2] !== undefined && (/\d/.test(hash[2]) || hash[2].length >= 32);
  return { base: (isHash ? hash[1] : undefined) ?? name, number: null };
}

/** Numbers that names carry stay; the others get free ones in the order of their age. */
function withNumbers(objects: SecretObject[]): Proposal["versions"] {
  const used = new Set<number>();
  const byName = new Map<string, number>();
  const inOrder = objects.toSorted(byAge);
  for (const { id, name } of inOrder) {
    const { number } = baseOf(name);
    if (number === null || used.has(number)) continue;
    used.add(number);
    byName.set(id, number);
  }
  let next = 1;
  const versions = inOrder.map(({ id, name, createdAt }) => {
    while (used.has(next)) next += 1;
    const number = byName.get(id) ?? next;
    used.add(number);
    return { objectId: id, objectName: name, number, createdAt };
  });
  return versions.toSorted((a, b) => b.number - a.number);
}

function byAge(a: SecretObject, b: SecretObject): number {
  return a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : a.name.localeCompare(b.name);
}

/** Six characters are kept for the version's suffix: a longer name gets a shorter one here, its objects keep theirs. */
function fitting(base: string): string {
  return base.slice(0, maximumNameLength).replace(/[^a-zA-Z0-9]+$/, "");
}

function freeName(base: string, taken: ReadonlySet<string>): string {
  for (let suffix = 2, name = base; ; suffix += 1) {
    if (!taken.has(name.toLowerCase())) return name;
    name = `${fitting(base.slice(0, maximumNameLength - 4))}-${suffix}`;
  }
}
