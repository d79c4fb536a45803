/** The parameters of an address, as a page gets them. */
export type Query = Record<string, string | string[] | undefined>;

/** One of them, empty where it is missing or comes several times. */
export function textIn(query: Query, name: string): string {
  const value = query[name];
  return typeof value === "string" ? value : "";
}

/** The same address with something changed; `undefined` takes it away. */
export function addressOf(path: string, query: Query, change: Record<string, string | undefined>): string {
  const next = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...query, ...change })) {
    if (typeof value === "string" && value !== "") next.set(name, value);
  }
  const text = next.toString();
  return text ? `${path}?${text}` : path;
}
