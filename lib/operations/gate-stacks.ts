import "server-only";
import { isSamePath, type ServiceObject } from "#lib/swarm/schema.ts";
import { type FoundUpdate, foundUpdate } from "./last-hand.ts";
import type { ServiceWrite } from "./store-port.ts";

export type StackFacts = {
  objectId: string;
  services: readonly ServiceObject[];
  /** Skep's updates of the services that the object was in, and of the others of their stacks. */
  writes: readonly ServiceWrite[];
};

/**
 * R3: stacks whose file may still name the object, so that their next deploy would ask for it. In doubt one does: to hold
 * a version costs a question.
 */
export function stacksThatName({ objectId, services, writes }: StackFacts): string[] {
  const byService = Map.groupBy(writes, ({ serviceId }) => serviceId);
  const inStacks = services
    .filter(({ stack }) => stack !== null)
    .map((service) => ({ service, past: pastOf(service, byService.get(service.id) ?? [], objectId) }));
  const held = inStacks.filter(({ past }) => past.left !== null);
  const stacks = [...new Set(held.map(({ service }) => service.stack ?? ""))].sort();
  return stacks.filter((stack) => !wasRedeployed(inStacks.filter(({ service }) => service.stack === stack)));
}

type Past = {
  /** When Skep took the object out of the place where a deploy may have named it; null where there is no such place. */
  left: { at: number; isReplaced: boolean } | null;
  /** When another hand updated the service in a way that may have been a deploy. */
  deploys: number[];
  isNamed: boolean;
};

/**
 * A deploy updates every service of its stack, those too that it leaves as they are. It was seen when each of them was
 * updated by another hand after Skep took the object out, and left with what Skep had put there.
 */
function wasRedeployed(stack: readonly { past: Past }[]): boolean {
  const latest = Math.max(...stack.map(({ past }) => past.left?.at ?? 0));
  return stack.every(({ past: { left, deploys, isNamed } }) => {
    return !isNamed && (left ? left.isReplaced : deploys.some((at) => at > latest));
  });
}

function pastOf(service: ServiceObject, writes: readonly ServiceWrite[], objectId: string): Past {
  const now = foundUpdate(service, writes.at(-1));
  const left = placesOf(writes).flatMap((place) => {
    const present = service.references.find((reference) => isSamePath(reference.target, place.target));
    const isAsLeft = present === undefined || present.objectId === place.has;
    noteUpdate(place, now, isAsLeft);
    const has = isAsLeft ? place.has : present.objectId;
    const past = has === objectId ? undefined : place.named.get(objectId);
    return past ? [{ at: Date.parse(past.leftAt) || 0, isReplaced: past.isReplaced }] : [];
  });
  return {
    left: left.find(({ isReplaced }) => !isReplaced) ?? left[0] ?? null,
    deploys: [...writes.map(({ found }) => found), now].flatMap((found) =>
      found?.isDeploy ? Date.parse(found.at) : [],
    ),
    isNamed: service.references.some((reference) => reference.objectId === objectId),
  };
}

/** What Skep put where, and which objects a deploy may have named there. */
type Place = {
  target: string;
  has: string | null;
  named: Map<string | null, { leftAt: string; isReplaced: boolean }>;
};

/**
 * What Skep's first update found at a target was deployed; so was what a later one found where the one before had left
 * something else, and what another hand's update left as Skep had put it.
 */
function placesOf(writes: readonly ServiceWrite[]): Place[] {
  const places: Place[] = [];
  for (const { at, changes, found } of writes) {
    for (const place of places) {
      const change = changes.find(({ target }) => isSamePath(target, place.target));
      noteUpdate(place, found, !change || change.fromObjectId === place.has);
    }
    for (const { target, fromObjectId, toObjectId } of changes) {
      const known = places.find((each) => isSamePath(each.target, target));
      const place = known ?? { target, has: null, named: new Map() };
      if (!known) places.push(place);
      const isOurs = known !== undefined && place.has === fromObjectId;
      if (!isOurs || place.named.has(fromObjectId)) place.named.set(fromObjectId, { leftAt: at, isReplaced: false });
      place.has = toObjectId;
    }
  }
  return places;
}

/**
 * A deploy that leaves what Skep put there names that, and no longer what was there before; one that does not names
 * neither. A rollback is no deploy: the file says what it said before.
 */
function noteUpdate(place: Place, found: FoundUpdate | null, isAsLeft: boolean): void {
  if (!isAsLeft) {
    if (found?.isDeploy) place.named.clear();
    return;
  }
  if (!found) return;
  if (found.isDeploy) for (const past of place.named.values()) past.isReplaced = true;
  place.named.set(place.has, { leftAt: "", isReplaced: false });
}
