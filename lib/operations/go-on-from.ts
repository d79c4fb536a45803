import "server-only";
import { findStep, movedServiceIds, type Operation } from "./ledger.ts";
import { isTested, oneWayRotators } from "./rotator-turn.ts";
import type { PlannedVersion } from "./schema.ts";

/**
 * Whether a version that was made is the one to go on from, where an operation ends before its time. With services on the
 * new versions, or with that recorded, all of them are: no service is moved before every new password was tried. Where no
 * service has any, what services have stays the current version, and the new one is given up:
 *
 * - With two logins, or where the old value is kept beside the new one, what services have goes on working, whether the
 *   new password was tried or not. Were the new version current, the next rotation would set the very login anew that
 *   services have, and would have to refuse that.
 * - With one login it may be that services have a password that is refused by now. But as long as nobody has signed in
 *   with the new one, that may as well be the one that nobody takes. Services have the old one, and the next rotation
 *   sets the same login anew, whichever of the two it takes by then.
 *
 * Only with one login whose new password was tried, or in an emergency that shut out who had the other of two, it is known that the old one works no more: what services have is of
 * use to nobody, and they can be put on the new version.
 */
export function isToGoOnFrom(operation: Operation, { value }: Pick<PlannedVersion, "value">): boolean {
  if (findStep(operation, "record")?.state === "done" || movedServiceIds(operation).length > 0) return true;
  if (value.from !== "rotator" || !isTested(operation, value.rotatorId)) return false;
  return oneWayRotators(operation).some(({ rotatorId }) => rotatorId === value.rotatorId);
}
