import "server-only";
import { inspect } from "node:util";
import { describeError } from "#lib/log.ts";

/** An error with all that hangs on it, causes, hidden fields and whole buffers too; and as the log would have it. */
export function wholeText(error: unknown): string {
  const shown = inspect(error, { depth: 20, showHidden: true, maxArrayLength: null, maxStringLength: null });
  return [shown, JSON.stringify(describeError(error)), ...textsIn(error)].join("\n");
}

/** What printing an object cuts off: bytes and texts at any depth. */
function textsIn(beginning: unknown): string[] {
  const texts: string[] = [];
  const seen = new Set<unknown>([beginning]);
  for (const thing of seen) {
    if (typeof thing === "string") texts.push(thing);
    else if (ArrayBuffer.isView(thing)) {
      texts.push(Buffer.from(thing.buffer, thing.byteOffset, thing.byteLength).toString("latin1"));
    } else if (thing instanceof Map || thing instanceof Set) for (const entry of [...thing].flat()) seen.add(entry);
    if (!isObject(thing) || ArrayBuffer.isView(thing)) continue;
    for (const key of Reflect.ownKeys(thing)) seen.add(Object.getOwnPropertyDescriptor(thing, key)?.value);
  }
  return texts;
}

function isObject(thing: unknown): thing is object {
  return (typeof thing === "object" && thing !== null) || typeof thing === "function";
}

/** Whether the text holds one of these, as it is, as JSON or a URL would have it, or as bytes are shown. */
export function holdsAny(text: string, values: Iterable<string>): boolean {
  return [...values].some((value) => formsOf(value).some((form) => text.includes(form)));
}

function formsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  const hex = bytes.toString("hex");
  const asBuffer = hex.replaceAll(/..(?=.)/g, "$& ");
  const escaped = JSON.stringify(value).slice(1, -1);
  return [
    value,
    escaped,
    encodeURIComponent(value),
    bytes.toString("base64url"),
    bytes.toString("base64"),
    hex,
    asBuffer,
  ];
}
