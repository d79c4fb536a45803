import "server-only";
import type { SecretRecord, VersionRecord } from "#lib/grants/records.ts";
import { gateReasons } from "#lib/operations/gate.ts";
import { gateText } from "#lib/operations/gate-text.ts";
import type { OperationRow } from "#lib/operations/schema.ts";
import type { ServiceWrite } from "#lib/operations/store-port.ts";
import { allowed } from "#lib/policy/permit.ts";
import type { Actor } from "#lib/policy/schema.ts";
import type { Proposal } from "#lib/secrets/proposal.ts";
import type { History } from "./history.ts";
import type { Joined } from "./joined.ts";
import type { VersionView } from "./schema.ts";

/** The time line of a secret, the newest first. */
export function versionViews(
  joined: Joined,
  actor: Actor,
  record: SecretRecord,
  { operations, writes }: Pick<History, "operations" | "writes">,
): VersionView[] {
  const byId = new Map(operations.map((operation) => [operation.id, operation]));
  return record.versions.map((version) => {
    const { id, number, objectId, objectName, state, retireAfter } = version;
    const object = objectId ? joined.snapshot.secrets.get(objectId) : undefined;
    const isThere = object !== undefined && state !== "removed";
    return {
      ...{ versionId: id, number, objectId, objectName, state },
      retireAfter: retireAfter !== null && Date.parse(retireAfter) > joined.known.readAt.getTime() ? retireAfter : null,
      createdAt: object?.createdAt ?? version.createdAt,
      text: textOf(version, byId.get(version.operationId ?? ""), object !== undefined),
      // What the present version is needed by, its services say.
      heldBy:
        isThere && objectId && state !== "current" ? heldBy(joined, { objectId, objectName, number }, writes) : [],
      can: isThere ? choices(actor, record, version) : [],
    };
  });
}

export function proposedVersionViews(joined: Joined, proposal: Proposal): VersionView[] {
  return proposal.versions.map(({ objectId, objectName, number, createdAt }) => ({
    ...{ versionId: null, number, objectId, objectName, state: "unmanaged", createdAt, retireAfter: null },
    ...{ text: "not made by Skep", heldBy: heldBy(joined, { objectId, objectName, number }, []), can: [] },
  }));
}

/** The gate's own reasons, as far as the live index can say: the gate itself asks the Swarm afresh. */
function heldBy(
  joined: Joined,
  version: Pick<VersionRecord, "objectName"> & Asked,
  writes: readonly ServiceWrite[],
): string[] {
  const { services, nodes, tasksByService } = joined.snapshot;
  const { objectId, objectName, number } = version;
  const reasons = gateReasons({
    ...{ objectId, objectName, version: number, writes, kindOf: joined.kindOf },
    ...{ services: [...services.values()], nodes: [...nodes.values()], volumes: [] },
    tasks: [...tasksByService.values()].flat().filter(({ secretObjectIds }) => secretObjectIds.includes(objectId)),
    // When it may go is a time of its own; a present operation has a line of its own.
    ...{ retireAfter: null, openOperationIds: [], isStackConfirmed: false, now: joined.known.readAt },
  });
  const named = new Set(reasons.flatMap((each) => (each.reason === "named" ? each.serviceId : [])));
  return reasons
    .filter((each) => each.reason !== "previous-spec" || !named.has(each.serviceId))
    .filter((each) => each.reason !== "task" || named.size === 0)
    .map((each) => gateText(each));
}

type Asked = { objectId: string; number: number | null };

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
      return version.retireAfter ? "to be removed once nothing can need it" : "kept until somebody retires it";
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
