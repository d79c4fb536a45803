import "server-only";
import type { Generator } from "#lib/generate/schema.ts";
import type { Take } from "#lib/sources/schema.ts";

/** Where the value of a new version comes from. A `typed` or `shown` one exists only in the request that started the operation. */
export type PlannedValue =
  | { from: "typed" }
  | { from: "shown" | "generated"; generator: Generator }
  | SourcedValue
  | RotatedValue;

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

/** Written of a login and of the password that the plan's rotator of this ID makes for it. */
export type RotatedValue = { from: "rotator"; rotatorId: string; template: string };

/**
 * One credential at the other side of the plan's secrets. The password is made when the first object with it is, and is
 * nowhere but in the process that made it until the other side was seen to take it; where it is lost before, the
 * operation starts over with a fresh one.
 */
export type PlannedRotator = {
  rotatorId: string;
  rotatorName: string;
  /** The login that gets the new password; null where the other side knows no logins. */
  login: string | null;
  /** The one that services have until they move; the same where there is only one, null where nobody knows. */
  oldLogin: string | null;
  generator: Generator;
  /** The old value works on while services move, and until the end: they can be put back. */
  keepsOld: boolean;
  /** It has leaked: at the end it is made to stop working. */
  locksOld: boolean;
  /** At the end the other side is told. */
  needsFinish: boolean;
};

/** R1: it is nowhere but in the request of a person, and lost with it. */
export function isOfRequest({ from }: PlannedValue): boolean {
  return from === "typed" || from === "shown";
}
