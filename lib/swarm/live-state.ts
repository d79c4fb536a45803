import "server-only";
import type { Clock } from "#lib/clock.ts";
import { isAppError } from "#lib/errors.ts";
import type {
  ClusterObject,
  ConnectionState,
  NodeObject,
  SecretObject,
  SecretReference,
  ServiceObject,
  SwarmChange,
  SwarmSnapshot,
  TaskObject,
} from "./schema.ts";
import { isRolledBack, isStalled } from "./standing.ts";

/** All that one reading of the whole Swarm gives. */
export type WholeSwarm = {
  cluster: ClusterObject;
  nodes: NodeObject[];
  secrets: SecretObject[];
  services: ServiceObject[];
  tasks: TaskObject[];
};

/** A reading of some objects: those asked for and not found are gone. */
export type PartOfSwarm = {
  nodes?: NodeObject[];
  secrets?: { ids: ReadonlySet<string>; found: SecretObject[] };
  services?: { ids: ReadonlySet<string>; found: ServiceObject[]; tasks: TaskObject[] };
};

export const emptySnapshot: SwarmSnapshot = {
  revision: 0,
  asOf: null,
  connection: { state: "connecting" },
  cluster: null,
  secrets: new Map(),
  services: new Map(),
  tasksByService: new Map(),
  nodes: new Map(),
  stalled: new Set(),
};

export type Step = { snapshot: SwarmSnapshot; changes: SwarmChange[] };

/** The next snapshot after a reading of everything. What is as it was stays the same object, and if all is, so does the revision. */
export function withWhole(before: SwarmSnapshot, whole: WholeSwarm, clock: Clock): Step {
  const isSameSwarm = before.cluster?.id === whole.cluster.id;
  const secrets = merge(before.secrets, byId(whole.secrets), isSameVersion);
  const services = merge(before.services, byId(whole.services), isSameService);
  const asOf = clock.now().toISOString();
  const next = {
    ...before,
    asOf,
    cluster: isSameJson(before.cluster, whole.cluster) ? before.cluster : whole.cluster,
    secrets,
    services,
    tasksByService: merge(before.tasksByService, groupTasks(whole.tasks), isSameTasks),
    nodes: merge(before.nodes, byId(whole.nodes), isSameJson),
  };
  const snapshot = revised(before, withStalled(next, clock));
  return { snapshot, changes: isSameSwarm ? changesBetween(before, next, asOf) : [] };
}

/** The next snapshot after a reading of some objects. */
export function withPart(before: SwarmSnapshot, part: PartOfSwarm, clock: Clock): Step {
  const next = { ...before, asOf: clock.now().toISOString() };
  if (part.nodes) next.nodes = merge(before.nodes, byId(part.nodes), isSameJson);
  if (part.secrets) next.secrets = mergeSome(before.secrets, part.secrets.ids, byId(part.secrets.found), isSameVersion);
  if (part.services) {
    const { ids, found, tasks } = part.services;
    next.services = mergeSome(before.services, ids, byId(found), isSameService);
    next.tasksByService = mergeSome(before.tasksByService, ids, groupTasks(tasks), isSameTasks);
  }
  const snapshot = revised(before, withStalled(next, clock));
  return { snapshot, changes: changesBetween(before, next, next.asOf) };
}

export function withConnection(before: SwarmSnapshot, connection: ConnectionState): SwarmSnapshot {
  return isSameJson(before.connection, connection) ? before : { ...before, connection, revision: before.revision + 1 };
}

/** The banner's word for a failure. Whatever else goes wrong, the Swarm could not be asked. */
export function lostReason(error: unknown): Extract<ConnectionState, { state: "lost" }>["reason"] {
  if (isAppError(error, "swarm-not-manager")) return "not-manager";
  if (isAppError(error, "swarm-locked")) return "locked";
  if (isAppError(error, "swarm-no-leader")) return "no-leader";
  return isAppError(error, "swarm-other") ? "other-swarm" : "unreachable";
}

function revised(before: SwarmSnapshot, next: SwarmSnapshot): SwarmSnapshot {
  const parts = ["cluster", "secrets", "services", "tasksByService", "nodes", "stalled"] as const;
  const isSame = parts.every((part) => before[part] === next[part]);
  return isSame ? next : { ...next, revision: before.revision + 1 };
}

/** Time alone may do it: nothing happens in the Swarm when an update gets no further. */
function withStalled(next: SwarmSnapshot, clock: Clock): SwarmSnapshot {
  const now = clock.now();
  const ids = [...next.services.values()]
    .filter((service) => isStalled(service, next.tasksByService.get(service.id) ?? [], now))
    .map(({ id }) => id);
  const isSame = ids.length === next.stalled.size && ids.every((id) => next.stalled.has(id));
  return isSame ? next : { ...next, stalled: new Set(ids) };
}

/** What happened to secrets and to references between two snapshots; tasks, scale and images are no part of the history. */
function changesBetween(before: SwarmSnapshot, after: SwarmSnapshot, at: string): SwarmChange[] {
  const secrets = differences(before.secrets, after.secrets).map(({ objectId, old, fresh, known }): SwarmChange => {
    const { name: objectName, versionIndex } = known;
    return { objectType: "secret", objectId, objectName, versionIndex, before: old ?? null, after: fresh ?? null, at };
  });
  const services = differences(before.services, after.services).flatMap(
    ({ objectId, old, fresh, known }): SwarmChange[] => {
      if (isSameJson(old?.references ?? [], fresh?.references ?? [])) return [];
      const { name: objectName, versionIndex } = known;
      const references = (service: ServiceObject | undefined): SecretReference[] | null => service?.references ?? null;
      return [
        {
          objectType: "service",
          objectId,
          objectName,
          versionIndex,
          before: references(old),
          after: references(fresh),
          isRolledBack: fresh !== undefined && isRolledBack(fresh),
          at: fresh?.updatedAt || at,
        },
      ];
    },
  );
  return [...secrets, ...services];
}

/** `known` is the fresh one, or the old one of what is gone. */
type Difference<T> = { objectId: string; old: T | undefined; fresh: T | undefined; known: T };

function differences<T>(before: ReadonlyMap<string, T>, after: ReadonlyMap<string, T>): Difference<T>[] {
  if (before === after) return [];
  const found: Difference<T>[] = [];
  for (const [objectId, fresh] of after) {
    const old = before.get(objectId);
    if (old !== fresh) found.push({ objectId, old, fresh, known: fresh });
  }
  for (const [objectId, old] of before) {
    if (!after.has(objectId)) found.push({ objectId, old, fresh: undefined, known: old });
  }
  return found;
}

/** The fresh map with the old objects wherever nothing changed; the old map itself if nothing did at all. */
function merge<T>(
  before: ReadonlyMap<string, T>,
  fresh: Map<string, T>,
  isSame: (old: T, fresh: T) => boolean,
): ReadonlyMap<string, T> {
  let hasChanged = before.size !== fresh.size;
  for (const [id, value] of fresh) {
    const old = before.get(id);
    if (old !== undefined && isSame(old, value)) fresh.set(id, old);
    else hasChanged = true;
  }
  return hasChanged ? fresh : before;
}

function mergeSome<T>(
  before: ReadonlyMap<string, T>,
  ids: ReadonlySet<string>,
  found: ReadonlyMap<string, T>,
  isSame: (old: T, fresh: T) => boolean,
): ReadonlyMap<string, T> {
  const fresh = new Map(before);
  for (const id of ids) {
    const value = found.get(id);
    if (value === undefined) fresh.delete(id);
    else fresh.set(id, value);
  }
  return merge(before, fresh, isSame);
}

function byId<T extends { id: string }>(objects: T[]): Map<string, T> {
  return new Map(objects.map((object) => [object.id, object]));
}

function groupTasks(tasks: TaskObject[]): Map<string, TaskObject[]> {
  const groups = new Map<string, TaskObject[]>();
  for (const task of tasks) {
    const group = groups.get(task.serviceId);
    if (group) group.push(task);
    else groups.set(task.serviceId, [task]);
  }
  return groups;
}

function isSameVersion(old: SecretObject, fresh: SecretObject): boolean {
  return old === fresh || old.versionIndex === fresh.versionIndex;
}

function isSameService(old: ServiceObject, fresh: ServiceObject): boolean {
  if (old === fresh) return true;
  const { running, desired, completed } = fresh.tasks;
  return (
    old.versionIndex === fresh.versionIndex &&
    old.tasks.running === running &&
    old.tasks.desired === desired &&
    old.tasks.completed === completed
  );
}

/** Docker gives tasks in no certain order. */
function isSameTasks(old: readonly TaskObject[], fresh: readonly TaskObject[]): boolean {
  if (old === fresh) return true;
  if (old.length !== fresh.length) return false;
  const known = new Map(old.map((task) => [task.id, task]));
  return fresh.every((task) => {
    const same = known.get(task.id);
    return (
      same !== undefined &&
      same.state === task.state &&
      same.desiredState === task.desiredState &&
      same.stateAt === task.stateAt &&
      same.nodeId === task.nodeId &&
      same.error === task.error
    );
  });
}

function isSameJson(old: unknown, fresh: unknown): boolean {
  return old === fresh || JSON.stringify(old) === JSON.stringify(fresh);
}
