import "server-only";

/**
 * One spelling for one event: keys sorted, no white space, UTF-8. Characters that Postgres cannot hold are replaced.
 * The hash covers these bytes, so nothing ever spells an event anew: whoever reads one, parses what is stored.
 */
export function canonicalBytes(value: unknown): Buffer {
  return Buffer.from(spell(value), "utf8");
}

function spell(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.toWellFormed().replaceAll("\0", "\ufffd"));
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) throw new TypeError("An event holds whole numbers only.");
    return String(value);
  }
  if (value === null || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return `[${value.map(spell).join(",")}]`;
  if (typeof value !== "object") throw new TypeError(`An event cannot hold a ${typeof value}.`);
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
  entries.sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${entries.map(([key, entry]) => `${JSON.stringify(key)}:${spell(entry)}`).join(",")}}`;
}
