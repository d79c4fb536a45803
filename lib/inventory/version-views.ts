import "server-only";
import type { SecretRecord, VersionRecord } from "#lib/grants/records.ts";
import { someOf } from "#lib/grants/wording.ts";
import type { OperationRow } from "#lib/operations/schema.ts";
import { allowed } from "#lib/policy/permit.ts";
import type { Actor } from "#lib/policy/schema.ts";
import type { Proposal } from "#lib/secrets/proposal.ts";
import type { TaskState } from "#lib/swarm/schema.ts";
import type { Joined } from "./joined.ts";
import type { VersionView } from "./schema.ts";

/** The time line of a secret, the newest first. */
export function versionViews(
  joined: Joined,
  actor: Actor,
  record: SecretRecord,
  operations: readonly OperationRow[],
): VersionView[] {
  const byId = new Map(operations.map((operation) => [operation.id, operation]));
  return record.versions.map((version) => {
    const { id, number, objectId, objectName, state, retireAfter } = version;
    const object = objectId ? joined.snapshot.secrets.get(objectId) : undefined;
    const isThere = object !== undefined && state !== "removed";
    return {
      ...{ versionId: id, number, objectId, objectName, state, retireAfter },
      createdAt: object?.createdAt ?? version.createdAt,
      text: textOf(version, byId.get(version.operationId ?? ""), object !== undefined),
      heldBy: isThere && objectId ? heldBy(joined, objectId) : [],
      can: isThere ? choices(actor, record, version) : [],
    };
  });
}

export function proposedVersionViews(joined: Joined, proposal: Proposal): VersionView[] {
  return proposal.versions.map(({ objectId, objectName, number, createdAt }) => ({
    ...{ versionId: null, number, objectId, objectName, state: "unmanaged", createdAt, retireAfter: null },
    ...{ text: "not made by Skep", heldBy: heldBy(joined, objectId), can: [] },
  }));
}

/** What would keep it from being removed, as far as the live index can say; the gate asks the Swarm itself. */
function heldBy(joined: Joined, objectId: string): string[] {
  const named = joined.holders.get(objectId) ?? [];
  const former = (joined.formerHolders.get(objectId) ?? []).filter((service) => !named.includes(service));
  return [
    ...named.map(({ name }) => `${name} names it`),
    ...oldTasks(joined, objectId, new Set(named.map(({ id }) => id))),
    ...(former.length > 0 ? [`${someOf(former.map(({ name }) => name))} could be rolled back to it`] : []),
  ];
}

function oldTasks({ snapshot }: Joined, objectId: string, named: ReadonlySet<string>): string[] {
  const nodes = new Map<string, number>();
  for (const [serviceId, tasks] of snapshot.tasksByService) {
    if (named.has(serviceId)) continue;
    for (const { state, nodeId, secretObjectIds } of tasks) {
      if (ended.has(state) || !secretObjectIds.includes(objectId)) continue;
      const node = snapshot.nodes.get(nodeId ?? "");
      const name = node ? `${node.hostname}${node.state === "down" ? ", which is down" : ""}` : "no node yet";
      nodes.set(name, (nodes.get(name) ?? 0) + 1);
    }
  }
  return [...nodes].map(([name, count]) => `${count} old ${count === 1 ? "task" : "tasks"} on ${name}`);
}

const ended: ReadonlySet<TaskState> = new Set(["complete", "shutdown", "failed", "rejected", "remove", "orphaned"]);

function choices(actor: Actor, { id: secretId }: SecretRecord, { state }: VersionRecord): VersionView["can"] {
  if (state === "current" || state === "pending") return [];
  return allowed(actor, { "secret.roll-back": { secretId }, "secret.retire": { secretId } });
}

function textOf(version: VersionRecord, operation: OperationRow | undefined, isThere: boolean): string {
  if (!isThere && version.state !== "removed" && version.state !== "pending") return "no longer in the Swarm";
  switch (version.state) {
    case "pending":
      return "being made";
    case "current":
      return operation ? madeBy(operation) : "found in the Swarm";
    case "previous":
      return version.retireAfter ? "to be removed, if nothing names it" : "kept until somebody retires it";
    case "abandoned":
      return operation?.endedAt ? `undone after ${secondsOf(operation)} s` : "its rotation was undone";
    case "removed":
      return "removed: nothing named it";
  }
}

function madeBy(operation: OperationRow): string {
  const { kind, startedBy, endedAt, servicesWanted } = operation;
  const verb = { create: "created", adopt: "adopted", "roll-back": "rolled back to" }[kind as string] ?? "rotated";
  if (servicesWanted === 0 || endedAt === null) return `${verb} by ${startedBy}`;
  const services = `${servicesWanted} ${servicesWanted === 1 ? "service" : "services"}`;
  return `${verb} by ${startedBy}, ${services} in ${secondsOf(operation)} s`;
}

function secondsOf({ startedAt, endedAt }: OperationRow): number {
  return Math.round((Date.parse(endedAt ?? startedAt) - Date.parse(startedAt)) / 1000);
}
