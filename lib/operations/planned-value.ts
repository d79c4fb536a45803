import "server-only";
import type { Generator } from "#lib/generate/schema.ts";
import type { Take } from "#lib/sources/schema.ts";

/** Where the value of a new version comes from. A `typed` or `shown` one exists only in the request that started the operation. */
export type PlannedValue = { from: "typed" } | { from: "shown" | "generated"; generator: Generator } | SourcedValue;

/** Read at a source when the object is made: of the version there that the plan names; null where the source knows none. */
export type SourcedValue = {
  from: "source";
  /** By which binding; null where the secret is bound only when it is there. */
  bindingId: string | null;
  sourceId: string;
  sourceName: string;
  path: string;
  take: Take;
  sourceVersionId: string | null;
};

/** R1: it is nowhere but in the request of a person, and lost with it. */
export function isOfRequest({ from }: PlannedValue): boolean {
  return from === "typed" || from === "shown";
}
