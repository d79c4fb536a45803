import "server-only";
import { compact, type Document, type Member } from "./document.ts";

/** One place where two documents differ. Null is absence; at `(order)` the texts are the keys as they stand. */
export type Difference = { path: string; before: string | null; after: string | null };

/** Every difference but blanks: values by their very text, keys by their order, entries of lists by their place. */
export function differencesOf(before: Document, after: Document, path = ""): Difference[] {
  if (before.kind === "object" && after.kind === "object") return inObjects(before.members, after.members, path);
  if (before.kind === "list" && after.kind === "list") return inLists(before.items, after.items, path);
  const [old, fresh] = [compact(before), compact(after)];
  return old === fresh ? [] : [{ path, before: old, after: fresh }];
}

function inObjects(before: readonly Member[], after: readonly Member[], path: string): Difference[] {
  const [old, fresh] = [byKey(before), byKey(after)];
  const kept = [...old.keys()].filter((key) => fresh.has(key));
  const keptAfter = [...fresh.keys()].filter((key) => old.has(key));
  const order = { path: `${path}(order)`, before: kept.join(), after: keptAfter.join() };
  return [
    ...(order.before === order.after ? [] : [order]),
    ...[...new Set([...old.keys(), ...fresh.keys()])].flatMap((key) => {
      const [one, other] = [old.get(key), fresh.get(key)];
      const place = `${path}.${key}`;
      if (one && other) return differencesOf(one, other, place);
      return { path: place, before: one ? compact(one) : null, after: other ? compact(other) : null };
    }),
  ];
}

/** A key that comes again is another one. Keys are compared as they are written, escapes included. */
function byKey(members: readonly Member[]): Map<string, Document> {
  const found = new Map<string, Document>();
  for (const { key, value } of members) {
    let name = key.slice(1, -1);
    while (found.has(name)) name += "(again)";
    found.set(name, value);
  }
  return found;
}

/** What both lists begin and end with is the same; what is between is compared place by place. */
function inLists(before: readonly Document[], after: readonly Document[], path: string): Difference[] {
  const [old, fresh] = [before.map(compact), after.map(compact)];
  const shorter = Math.min(old.length, fresh.length);
  let head = 0;
  while (head < shorter && old[head] === fresh[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && old.at(-1 - tail) === fresh.at(-1 - tail)) tail += 1;
  const places = Math.max(old.length, fresh.length) - tail - head;
  return Array.from({ length: places }, (_, offset) => head + offset).flatMap((index) => {
    const one = index < before.length - tail ? before[index] : undefined;
    const other = index < after.length - tail ? after[index] : undefined;
    const place = `${path}[${index}]`;
    if (one && other) return differencesOf(one, other, place);
    return { path: place, before: one ? compact(one) : null, after: other ? compact(other) : null };
  });
}
