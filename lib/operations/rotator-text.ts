import "server-only";
import { elapsed, someOf } from "#lib/words.ts";
import { servicesLeftOut } from "./finish.ts";
import { findStep, isClosed, type LedgerStep, type Operation, rotatorsOf, stepsNamed } from "./ledger.ts";
import type { PlannedRotator } from "./planned-value.ts";
import { isOneWay, isTested, mayHaveTaken, oneWayRotators } from "./rotator-turn.ts";

/** "app_b at orders": whose password is set where. */
export function rotatedText({ plan }: Operation): string {
  const rotators = rotatorsOf(plan);
  return someOf(
    rotators.map(({ login, rotatorName }) => (login === null ? rotatorName : `${login} at ${rotatorName}`)),
  );
}

/**
 * For how long services could not sign in anew with what they had: from the moment the other side may have taken the new
 * password to the last service that was seen to run with it. Empty where the old one went on working.
 */
export function gapText(operation: Operation): string {
  if (!isOneWay(operation)) return "";
  const from = firstSet(operation);
  const watches = stepsNamed(operation, "watch").filter(({ state }) => state === "done");
  // They have it from the beginning of the soak on.
  const until = watches.map(({ endedAt, facts }) => facts.soakFrom ?? endedAt ?? "").sort();
  const last = until.at(-1);
  if (from === null || !last) return "";
  const seconds = Math.max(0, (Date.parse(last) - Date.parse(from)) / 1000);
  const gap = ` ${oldPassword(operation)} did not work for ${elapsed(seconds)}, until the last of`;
  return servicesLeftOut(operation).length > 0
    ? `${gap} those that moved had the new one. What still has the old one cannot sign in anew.`
    : `${gap} them had the new one.`;
}

/** Of which other side, since a group may have several, and others that go on taking theirs. */
export function oldPassword(operation: Operation): string {
  return passwordAt(oneWayRotators(operation));
}

function passwordAt(rotators: readonly PlannedRotator[]): string {
  const names = rotators.map(({ rotatorName, login, oldLogin }) =>
    login === oldLogin ? rotatorName : `${rotatorName} (${login})`,
  );
  return `The old password at ${someOf(names)}`;
}

/**
 * Of which old passwords it is known that they work no more, and what that means; and of which it is not, since nobody
 * has signed in with the new one. Empty where all go on working; otherwise with a blank before it.
 */
export function deadText(operation: Operation, meaning: { known?: string; unknown?: string } = {}): string {
  const { known = [], unknown = [] } = Object.groupBy(oneWayRotators(operation), ({ rotatorId }) =>
    isTested(operation, rotatorId) ? "known" : "unknown",
  );
  return [
    known.length > 0 ? ` ${passwordAt(known)} works no more${meaning.known ?? ""}.` : "",
    unknown.length > 0 ? ` ${passwordAt(unknown)} may work no more${meaning.unknown ?? ""}.` : "",
  ].join("");
}

function firstSet(operation: Operation): string | null {
  const times = oneWayRotators(operation).flatMap(
    ({ rotatorId: id }) => findStep(operation, "set", id)?.facts.sent?.since ?? [],
  );
  return times.sort()[0] ?? null;
}

/** What holds while services still move: what has the old password, and what that means. */
export function oneWayText(operation: Operation): string {
  if (!isOneWay(operation)) return "";
  const isAnyLeft = stepsNamed(operation, "watch").some((step) => !isClosed(step));
  return isAnyLeft ? deadText(operation, { known: ": what has it and has not moved yet cannot sign in anew" }) : "";
}

/** What holds of the old password where not all was done. */
export function oldPasswordText(operation: Operation): string {
  const dead = deadText(operation, {
    known: ": what has it and was not moved cannot sign in anew",
    unknown: ": rotate again, and it is set anew",
  });
  return `${dead}${leakText(operation)}`;
}

/** Of a leaked password that may still work; of one login, what is known of it is said with its new one. */
export function leakText(operation: Operation): string {
  const isSaid = new Set(
    oneWayRotators(operation).flatMap(({ rotatorName, login, oldLogin }) => (login === oldLogin ? rotatorName : [])),
  );
  const names = leakedAt(operation).filter((name) => !isSaid.has(name));
  return names.length > 0 ? ` The password that has leaked may still work at ${someOf(names)}: rotate again.` : "";
}

/**
 * Before any service has moved: which other side has the new password in the place of the old one, or may have, and what
 * holds at the one where it did not go on. Those of a group that keep the old value and are no trouble are not told of.
 */
export function atOtherSides(operation: Operation, troubledId: string): string {
  const told = rotatorsOf(operation.plan).filter(
    ({ rotatorId, keepsOld }) => rotatorId === troubledId || (!keepsOld && mayHaveTaken(operation, rotatorId)),
  );
  return told.map((rotator) => atOtherSide(operation, rotator)).join(" ");
}

function atOtherSide(operation: Operation, rotator: PlannedRotator): string {
  const { rotatorId, keepsOld, login, oldLogin } = rotator;
  const name = login === oldLogin ? rotator.rotatorName : `${rotator.rotatorName} (${login})`;
  if (!mayHaveTaken(operation, rotatorId)) return `${rotator.rotatorName} has what services have, as before.`;
  if (keepsOld) return `${name} may have the new password already, and what services have goes on working.`;
  return isTested(operation, rotatorId)
    ? `${name} has the new password, and does not take the old one any more.`
    : `${name} may have the new password already, and then does not take the old one.`;
}

/** Other sides that were not told of the end, because something still has the old value. */
export function untoldText(operation: Operation): string[] {
  return stepsNamed(operation, "finish")
    .filter(({ state, facts }) => state === "skipped" && facts.waitsFor)
    .map(
      ({ subjectName, facts }) => `${subjectName} was not told that the old value is not needed: ${facts.waitsFor}.`,
    );
}

/** Where the end was to make a leaked password stop working, and was not seen to. */
export function leakedAt(operation: Operation): string[] {
  return rotatorsOf(operation.plan)
    .filter(({ rotatorId, locksOld }) => locksOld && findStep(operation, "finish", rotatorId)?.state !== "done")
    .map(({ rotatorName }) => rotatorName);
}

/** A step of the other side: where it failed, nobody knows what that has. */
export function isOfRotator({ name }: LedgerStep): boolean {
  return name === "set" || name === "test" || name === "finish";
}
