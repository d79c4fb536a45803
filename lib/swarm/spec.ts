import "server-only";
import { inspect } from "node:util";
import { parseLossless, stringifyLossless } from "./lossless.ts";
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

/** A spec from JSON text, numbers untouched. */
export function specFromText(text: string): ServiceSpec {
  return make(() => text);
}

/** A spec from what `parseLossless` gave, or from a plain object (tests, the ground). Do not change the object afterwards. */
export function specFromJson(json: unknown): ServiceSpec {
  let text: string | null = null;
  return make(() => {
    text ??= stringifyLossless(json);
    return text;
  });
}

/** The spec as JSON text. It holds environment values: for Docker, and for nobody else. */
export function specText(spec: ServiceSpec): string {
  const read = (spec as unknown as Record<symbol, unknown>)[content];
  if (typeof read !== "function") throw new TypeError("Not a service spec: make one with specFromJson.");
  return read();
}

/** The spec parsed without loss, fresh at every call. */
export function specJson(spec: ServiceSpec): unknown {
  return parseLossless(specText(spec));
}

function make(read: () => string): ServiceSpec {
  const spec = Object.defineProperty(new OpaqueSpec(), content, { value: read });
  return Object.freeze(spec) as unknown as ServiceSpec;
}
