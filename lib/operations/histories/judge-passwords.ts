import "server-only";
import type { KnownVersion, Save } from "../store-port.ts";
import { isTaken } from "./attachment.ts";
import { changesBetween } from "./reference-diff.ts";
import { type Followed, idsIn, referencesOf, type Sight, type WriteSeen } from "./sight.ts";

/** A service with a running task that can sign in at the moment. */
export type Taker = { serviceId: string; objectId: string };

/** Whoever runs with a password of the rotator. Where the old one does not work beside the new one, nobody is promised anything. */
function running({ model, attachment, passwords }: Sight): Taker[] {
  if (!attachment?.keepsOld) return [];
  return model.tasks.flatMap(({ state, serviceId, secretIds }) =>
    state === "running" ? secretIds.filter((id) => passwords.has(id)).map((objectId) => ({ serviceId, objectId })) : [],
  );
}

/** Whether the other side takes what an object says. */
function works({ model, otherSide, attachment }: Sight, objectId: string): boolean {
  const text = model.secrets.get(objectId)?.value;
  return attachment !== null && text !== undefined && isTaken(otherSide, attachment, text);
}

/** Objects with a password that is refused now. */
function refused(sight: Sight): Set<string> {
  return new Set([...sight.passwords].filter((objectId) => !works(sight, objectId)));
}

export function runningWithPassword(sight: Sight): Taker[] {
  const dead = refused(sight);
  return running(sight).filter(({ objectId }) => !dead.has(objectId));
}

/**
 * R7: no password stops working that a running task has. One that leaked does, as its plan says, and the one that is
 * set anew for it, for which nobody waits where the plan says so, nor longer than a minute for an old task; and what another hand
 * brought to a service after Skep had looked who has it, nobody can know.
 */
export function shutOutBy(sight: Sight, write: WriteSeen, takers: readonly Taker[]): string[] {
  const { name, rotator, turn, isDisturbed, subject } = write;
  const isMeant = rotator?.locksOld === true;
  if (isMeant) for (const key of refusedIn(sight)) sight.shutOut.add(key);
  const found = takers.filter(({ objectId }) => !works(sight, objectId));
  const lookedAt = (turn?.generation ?? 0) - (isDisturbed ? stillSeconds * 1000 : 0);
  return found.flatMap(({ serviceId, objectId }) => {
    const key = `${serviceId} ${objectId}`;
    const isTold = sight.shutOut.has(key);
    sight.shutOut.add(key);
    const isOfHand = (sight.handGave.get(key) ?? Number.NEGATIVE_INFINITY) >= lookedAt;
    return isTold || isMeant || isOfHand ? [] : [`R7: ${name} at ${subject} shuts ${serviceId} out (${objectId})`];
  });
}

/** What services name and cannot sign in with, whether a task of theirs runs at the moment or not. */
function refusedIn(sight: Sight): string[] {
  const dead = refused(sight);
  return [...sight.model.services.values()].flatMap(({ id, spec }) => {
    return idsIn(spec).flatMap((objectId) => (dead.has(objectId) ? `${id} ${objectId}` : []));
  });
}

/** As long as a process may stand still between its look and what it writes down of it. */
const stillSeconds = 60;

/** R7: no running task has a password that the other side refuses, unless another hand gave it to its service. */
export function signsIn(sight: Sight): string[] {
  if (!sight.attachment?.keepsOld) return [];
  const dead = refused(sight);
  const without = dead.size === 0 ? [] : running(sight).filter(({ objectId }) => dead.has(objectId));
  return without.flatMap(({ serviceId, objectId }) => {
    const key = `${serviceId} ${objectId}`;
    if (sight.shutOut.has(key)) return [];
    sight.shutOut.add(key);
    return sight.handGave.has(key) ? [] : [`R7: ${serviceId} runs with ${objectId}, which is refused`];
  });
}

/** R5: until somebody has signed in with it, no service is sent a version; and never one that was given up. */
export function testedFirst({ untested }: Sight, _followed: Followed, write: WriteSeen): string[] {
  const { name, service, spec, subject } = write;
  if (name !== "updateService" || !service || !spec || untested.size === 0) return [];
  const changes = changesBetween(referencesOf(service.spec), referencesOf(spec));
  return [...changes.values()].flatMap(({ to }) =>
    to !== null && untested.has(to) ? [`R5: ${subject} is sent ${to}, with which nobody has signed in`] : [],
  );
}

/** R5: whoever says that the other side takes it has signed in with what the objects say. */
export function signedInWithIt(sight: Sight, followed: Followed, { steps = [] }: Save): string[] {
  if (!steps.some(({ name, state }) => name === "test" && state === "done")) return [];
  return lastMade(followed).flatMap((id) =>
    works(sight, id) || !sight.model.secrets.has(id) ? [] : [`R5: ${id} counts as tested, and is refused`],
  );
}

/** R7: once the other side may have the new password of the only login, it goes on to the end, or a person is asked. */
export function onlyForward(_sight: Sight, followed: Followed, { operation, records = [] }: Save): string[] {
  const { isOneWay, personsWish } = followed;
  if (!isOneWay || personsWish.has("accept")) return [];
  const own = new Set(followed.operation.plan.create.map(({ versionId }) => versionId));
  const isAbandoned = records.some((each) => each.record === "version-abandoned" && own.has(each.versionId));
  const { direction, attention } = operation ?? {};
  const isStopped = direction === "stopping" && attention !== undefined && attention?.choices.length === 0;
  return [
    ...(direction === "undoing" ? [`R7: ${followed.operation.id} is undone after a set on one way`] : []),
    ...(isStopped ? [`R7: ${followed.operation.id} is stopped after a set on one way`] : []),
    ...(isAbandoned ? [`R7: ${followed.operation.id} gives its version up after a set on one way`] : []),
  ];
}

/** R7: what becomes current has a password that somebody has signed in with, also where a person leaves all as it is. */
export function currentWasTried({ untested }: Sight, { operation, made }: Followed, { records = [] }: Save): string[] {
  return records.flatMap((each) => {
    if (each.record !== "version-current" || each.versionId === undefined) return [];
    const { versionId } = each;
    const planned = operation.plan.create.find((version) => version.versionId === versionId);
    const id = made.get(versionId)?.at(-1);
    const isUntried = planned?.value.from === "rotator" && id !== undefined && untested.has(id);
    return isUntried ? [`R7: ${id} becomes current, and nobody has signed in with it`] : [];
  });
}

/** R7: nothing is put back by itself once it was recorded: the other side may not take the old password any more. */
export function recordedStays(
  _sight: Sight,
  { isRecorded, personsWish, operation: { id } }: Followed,
  save: Save,
): string[] {
  const isUndone = save.operation?.direction === "undoing" && isRecorded && !personsWish.has("undo");
  return isUndone ? [`R7: ${id} is undone after it was recorded`] : [];
}

/** R7: what is current when all is done is what the other side takes. */
export function endsWithWhatWorks(sight: Sight, followed: Followed): string[] {
  const detail = followed.events.at(-1)?.detail;
  if (detail?.type !== "operation.ended" || !detail.outcome.startsWith("done")) return [];
  return lastMade(followed).flatMap((id) =>
    works(sight, id) ? [] : [`R7: ${followed.operation.id} is done, and ${id} is refused`],
  );
}

/** The objects that its rotated versions have in the end. */
function lastMade({ operation, made }: Followed): string[] {
  const rotated = operation.plan.create.filter(({ value }) => value.from === "rotator");
  return rotated.flatMap(({ versionId }) => made.get(versionId)?.slice(-1) ?? []);
}

/** R2: every object with a lost password is known to Postgres, given up, and nobody's. */
export function passwordsGivenUp(sight: Sight, followed: Followed, versions: readonly KnownVersion[]): string[] {
  const { operation, made } = followed;
  const known = new Map(versions.map((version) => [version.objectId, version]));
  const rotated = operation.plan.create.filter(({ value }) => value.from === "rotator");
  return rotated.flatMap(({ versionId }) => {
    const there = (made.get(versionId) ?? []).filter((id) => sight.model.secrets.has(id));
    const last = made.get(versionId)?.at(-1);
    const unknown = there.filter((id) => !known.has(id));
    const kept = there.filter((id) => id !== last && known.get(id)?.state !== "abandoned");
    const named = there.filter((id) => id !== last).flatMap((id) => namersOf(sight, id));
    return [
      ...unknown.map((id) => `R2: nobody knows ${id}, which ${operation.id} made`),
      ...kept.map((id) => `R2: ${id} is ${known.get(id)?.state}, and its password is lost`),
      ...named.map((id) => `R2: ${id} names an object whose password is lost`),
    ];
  });
}

function namersOf({ model, handGave }: Sight, objectId: string): string[] {
  return [...model.services.values()]
    .filter(({ id, spec }) => idsIn(spec).includes(objectId) && !handGave.has(`${id} ${objectId}`))
    .map(({ id }) => id);
}
