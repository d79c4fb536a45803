import "server-only";

type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown;

/** What V8 can of ECMAScript's JSON.parse source text access; TypeScript's library does not know it yet. */
const { parse, rawJSON, isRawJSON } = JSON as unknown as {
  parse(text: string, reviver: Reviver): unknown;
  rawJSON(text: string): unknown;
  isRawJSON(value: unknown): boolean;
};

/** JSON whose numbers keep their digits, for `textOf`; undefined where it is none. */
export function parseJson(bytes: Buffer): unknown {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return parse(text, (_key, value, { source }) =>
      typeof value === "number" && source !== undefined ? rawJSON(source) : value,
    );
  } catch {
    return undefined;
  }
}

/** What a field holds, as text: a string as it is, anything else as JSON. Null where there is nothing. */
export function textOf(field: unknown): string | null {
  if (field === null || field === undefined) return null;
  return typeof field === "string" ? field : JSON.stringify(field);
}

/** What a JSON pointer (RFC 6901) leads to; undefined where it leads nowhere. Only a document's own members count. */
export function pointTo(json: unknown, pointer: string): unknown {
  if (pointer === "") return json;
  if (!pointer.startsWith("/")) return undefined;
  const names = pointer.slice(1).split("/");
  return names.reduce<unknown>((at, name) => memberOf(at, name.replaceAll("~1", "/").replaceAll("~0", "~")), json);
}

/** A member of an object, or of an array by its place. A number is kept as an object here, and has none. */
export function memberOf(json: unknown, name: string): unknown {
  if (typeof json !== "object" || json === null || isNumber(json) || !Object.hasOwn(json, name)) return undefined;
  if (Array.isArray(json) && !/^(0|[1-9]\d*)$/.test(name)) return undefined;
  return (json as Record<string, unknown>)[name];
}

/** A number, as `parseJson` keeps it. */
export function isNumber(json: unknown): boolean {
  return isRawJSON(json);
}
