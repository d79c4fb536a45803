import "server-only";
import { inspect } from "node:util";
import type { ServiceSpec } from "./schema.ts";

/** By name, because Next loads modules more than once and each copy must know the specs that another one made. */
const content = Symbol.for("skep.ServiceSpec");

/** Specs hold environment values: in logs, JSON and React's props they show nothing, or fail. */
class OpaqueSpec {
  toJSON(): string {
    return "[spec]";
  }

  [inspect.custom](): string {
    return "[spec]";
  }
}

/** A spec from JSON text, which is kept as it is. */
export function specFromText(text: string): ServiceSpec {
  return make(() => text);
}

/** The same, when its text is only to be looked for once somebody asks. */
export function specFromTextOf(find: () => string): ServiceSpec {
  let text: string | null = null;
  return make(() => {
    text ??= find();
    return text;
  });
}

/** A spec from a plain object (tests, the ground). Do not change the object afterwards. */
export function specFromJson(json: unknown): ServiceSpec {
  return specFromTextOf(() => JSON.stringify(json));
}

/** The spec as JSON text. It holds environment values: for Docker, and for nobody else. */
export function specText(spec: ServiceSpec): string {
  const read = (spec as unknown as Record<symbol, unknown>)[content];
  if (typeof read !== "function") throw new TypeError("Not a service spec: make one with specFromJson.");
  return read();
}

/** The spec for reading, fresh at every call. What JavaScript cannot hold is rounded, so it is never written out again. */
export function specJson(spec: ServiceSpec): unknown {
  return JSON.parse(specText(spec));
}

function make(read: () => string): ServiceSpec {
  const spec = Object.defineProperty(new OpaqueSpec(), content, { value: read });
  return Object.freeze(spec) as unknown as ServiceSpec;
}
