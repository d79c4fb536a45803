import "server-only";
import type { NodeObject, ServiceKind, ServiceObject, TaskObject, VolumeObject } from "#lib/swarm/schema.ts";
import { hasEnded } from "./converge.ts";
import { isBusy } from "./effect.ts";
import type { GateReason, Releasability } from "./gate-reason.ts";
import { stacksThatName } from "./gate-stacks.ts";
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
      notReleasable: notReleasable(service, kindOf(service)),
    }));
}

/** Why a service cannot be made to forget its previous spec now. */
export function notReleasable(service: ServiceObject, kind: ServiceKind): Releasability["notReleasable"] {
  return kind === "runs-to-end" ? "runs-to-end" : unsettled(service);
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
  return stacksThatName(facts).map((stack) => ({ reason: "stack", stack, objectName, version }));
}

function names(references: readonly { objectId: string }[], objectId: string): boolean {
  return references.some((reference) => reference.objectId === objectId);
}
