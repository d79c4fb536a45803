import "server-only";
import {
  isSamePath,
  type NodeObject,
  type ServiceKind,
  type ServiceObject,
  type TaskObject,
  type VolumeObject,
} from "#lib/swarm/schema.ts";
import { hasEnded } from "./converge.ts";
import { isBusy, wasUpdatedSince } from "./effect.ts";
import type { GateReason } from "./schema.ts";
import type { ServiceWrite } from "./store-port.ts";

/** What the gate looks at: the Swarm afresh, and what Postgres knows of the version. */
export type GateFacts = {
  objectId: string;
  objectName: string;
  version: number | null;
  services: readonly ServiceObject[];
  tasks: readonly TaskObject[];
  nodes: readonly NodeObject[];
  volumes: readonly VolumeObject[];
  kindOf(service: ServiceObject): ServiceKind;
  writes: readonly ServiceWrite[];
  /** Other unfinished operations that hold the secret. */
  openOperationIds: readonly string[];
  /** ISO 8601; null where nobody asked for its removal. */
  retireAfter: string | null;
  /** ISO 8601: until then a creation of it may arrive late, which only its own name keeps out. */
  lateUntil: string | null;
  isStackConfirmed: boolean;
  now: Date;
};

/** R3: everything that keeps a version in the Swarm. It may be removed when, and only when, this is empty. */
export function gateReasons(facts: GateFacts): GateReason[] {
  return [
    ...facts.openOperationIds.map((operationId) => ({ reason: "operation", operationId }) as const),
    ...keptReasons(facts),
    ...namedReasons(facts),
    ...taskReasons(facts),
    ...volumeReasons(facts),
    ...stackReasons(facts),
    ...previousSpecReasons(facts),
  ];
}

/** Only Docker's way back is left, and Skep can close it: then releasing is all that is missing. */
export function isOnlyReleaseMissing(reasons: readonly GateReason[]): boolean {
  return reasons.length > 0 && reasons.every((each) => each.reason === "previous-spec" && each.notReleasable === null);
}

function keptReasons({ retireAfter, lateUntil, now }: GateFacts): GateReason[] {
  const times = [retireAfter, lateUntil].filter((until) => until !== null && Date.parse(until) > now.getTime());
  const last = times.toSorted((a, b) => Date.parse(a ?? "") - Date.parse(b ?? "")).at(-1);
  return last ? [{ reason: "kept", until: last }] : [];
}

function namedReasons({ services, objectId }: GateFacts): GateReason[] {
  return services
    .filter((service) => names(service.references, objectId))
    .map(({ id, name }) => ({ reason: "named", serviceId: id, serviceName: name }));
}

function previousSpecReasons({ services, objectId, kindOf }: GateFacts): GateReason[] {
  return services
    .filter(({ previousReferences }) => names(previousReferences ?? [], objectId))
    .map((service) => ({
      reason: "previous-spec",
      serviceId: service.id,
      serviceName: service.name,
      notReleasable: kindOf(service) === "runs-to-end" ? "runs-to-end" : unsettled(service),
    }));
}

/** Only where the last update is over and went well: an identical spec wipes out what Docker says of it. */
function unsettled(service: ServiceObject): "busy" | "rolled-back" | null {
  if (isBusy(service)) return "busy";
  return service.update?.state === "rollback_completed" ? "rolled-back" : null;
}

/** Tasks of services that are gone count too. */
function taskReasons({ tasks, nodes, objectId }: GateFacts): GateReason[] {
  const living = tasks.filter(({ state, secretObjectIds }) => !hasEnded(state) && secretObjectIds.includes(objectId));
  const byNode = Map.groupBy(living, ({ nodeId }) => nodeId);
  return [...byNode].map(([nodeId, held]) => {
    const node = nodes.find(({ id }) => id === nodeId);
    const isNodeDown = node?.state === "down" || node?.state === "disconnected";
    return { reason: "task", tasks: held.length, nodeName: node?.hostname ?? null, isNodeDown };
  });
}

function volumeReasons({ volumes, objectId }: GateFacts): GateReason[] {
  return volumes
    .filter(({ secretObjectIds }) => secretObjectIds.includes(objectId))
    .map(({ name }) => ({ reason: "volume", volumeName: name }));
}

function stackReasons(facts: GateFacts): GateReason[] {
  if (facts.isStackConfirmed) return [];
  const { objectName, version } = facts;
  const held = facts.services.filter((service) => service.stack !== null && isDeployedWith(facts, service));
  const stacks = [...new Set(held.map(({ stack }) => stack ?? ""))].sort();
  return stacks
    .filter((stack) => !wasRedeployed(facts, stack))
    .map((stack) => ({ reason: "stack", stack, objectName, version }));
}

/**
 * Whether a deploy may have named the object for this service, as far as Skep's own updates tell: it is what the first of
 * them found at a target, what a later one found where the one before had left something else, or what Skep had put
 * there and another hand's update then left as it was. In doubt it was a deploy: to hold a version costs a question.
 */
function isDeployedWith({ writes, objectId }: GateFacts, service: ServiceObject): boolean {
  const places: Place[] = [];
  for (const { serviceId, changes, wasConfirmed } of writes) {
    if (serviceId !== service.id) continue;
    for (const { target, fromObjectId, toObjectId } of changes) {
      const place = places.find((each) => isSamePath(each.target, target));
      const isOurs = place !== undefined && place.left === fromObjectId;
      const deployed = isOurs ? place.deployed : new Set<string | null>();
      if (!isOurs || wasConfirmed) deployed.add(fromObjectId);
      if (place) Object.assign(place, { left: toObjectId, deployed });
      else places.push({ target, left: toObjectId, deployed });
    }
  }
  return places.some(({ target, left, deployed }) => {
    const present = service.references.find((reference) => isSamePath(reference.target, target));
    return deployed.has(objectId) && (present === undefined || present.objectId === left);
  });
}

type Place = { target: string; left: string | null; deployed: Set<string | null> };

/**
 * A deploy updates every service of its stack, those too that it leaves as they are. It was seen when none of them was
 * last updated by Skep, and those that Skep moved kept what it had put there through the update that came after. To
 * scale a service, or to restart its tasks by force, is no deploy.
 */
function wasRedeployed({ services, writes, objectId }: GateFacts, stack: string): boolean {
  const own = services.filter((service) => service.stack === stack);
  const last = (serviceId: string) => writes.findLast((write) => write.serviceId === serviceId);
  const latest = Math.max(...own.map(({ id }) => Date.parse(last(id)?.at ?? "") || 0));
  return own.every((service) => {
    if (names(service.references, objectId) || service.lastUpdate === "scale-or-force") return false;
    const write = last(service.id);
    if (write?.isResumed && service.lastUpdate === "identical") return false;
    return write ? wasUpdatedSince(service, write.changes) : Date.parse(service.updatedAt) > latest;
  });
}

function names(references: readonly { objectId: string }[], objectId: string): boolean {
  return references.some((reference) => reference.objectId === objectId);
}
