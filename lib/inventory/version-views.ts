import "server-only";
import { type Replaced, replacedFor } from "#lib/grants/dead-password.ts";
import type { SecretRecord, VersionRecord } from "#lib/grants/records.ts";
import { stackLine } from "#lib/grants/stack.ts";
import { gateReasons } from "#lib/operations/gate.ts";
import type { GateReason } from "#lib/operations/gate-reason.ts";
import { gateText } from "#lib/operations/gate-text.ts";
import type { OperationRow } from "#lib/operations/schema.ts";
import type { ServiceWrite } from "#lib/operations/store-port.ts";
import { allowed } from "#lib/policy/rules.ts";
import type { Actor } from "#lib/policy/schema.ts";
import { whyNotBack } from "#lib/rotation/rotators.ts";
import type { Proposal } from "#lib/secrets/proposal.ts";
import { counted, shownVersionId } from "#lib/words.ts";
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
  const current = record.versions.find(({ state }) => state === "current");
  return record.versions.map((version) => {
    const { id, number, objectId, objectName, state, retireAfter, isStackConfirmed, isLeaked } = version;
    const object = objectId ? joined.snapshot.secrets.get(objectId) : undefined;
    const isThere = object !== undefined && state !== "removed";
    // For a current version that is to stay the page lists its services instead, and the next one is not to go.
    const mayGo = state === "current" ? retireAfter !== null : state !== "pending";
    const isAsked = isThere && objectId !== null && mayGo;
    const reasons = isAsked ? holds(joined, { objectId, objectName, number, isStackConfirmed }, writes) : [];
    return {
      versionId: id,
      number,
      objectId,
      objectName,
      state,
      isLeaked,
      replaced: replacedText(replacedFor(record, id)),
      retireAfter: retireAfter !== null && Date.parse(retireAfter) > joined.known.readAt.getTime() ? retireAfter : null,
      createdAt: object?.createdAt ?? version.createdAt,
      text: `${textOf(version, byId.get(version.operationId ?? ""), object !== undefined)}${sourceText(version)}`,
      heldBy: reasons.map(gateText),
      stacks: object
        ? stacksIn(reasons, { name: record.name, from: object, toName: current?.objectName ?? record.name })
        : [],
      can: isThere ? choices(actor, record, version) : [],
    };
  });
}

function replacedText(replaced: Replaced | null): VersionView["replaced"] {
  return replaced && (replaced.isSure ? "surely" : "perhaps");
}

/** ", version 7 at its source": which one there it has the value of. */
function sourceText({ sourceVersionId: id }: VersionRecord): string {
  return id === null ? "" : `, version ${shownVersionId(id)} at its source`;
}

export function proposedVersionViews(joined: Joined, proposal: Proposal): VersionView[] {
  return proposal.versions.map(({ objectId, objectName, number, createdAt }) => ({
    versionId: null,
    number,
    objectId,
    objectName,
    state: "unmanaged",
    isLeaked: false,
    replaced: null,
    createdAt,
    retireAfter: null,
    text: "not made by Skep",
    stacks: [],
    can: [],
    heldBy: holds(joined, { objectId, objectName, number, isStackConfirmed: false }, []).map(gateText),
  }));
}

/** The gate's own reasons, as far as the live index can say: the gate itself asks the Swarm afresh. */
function holds(
  joined: Joined,
  version: Pick<VersionRecord, "objectName"> & Asked,
  writes: readonly ServiceWrite[],
): GateReason[] {
  const { services, nodes, tasksByService } = joined.snapshot;
  const { objectId, objectName, number, isStackConfirmed } = version;
  const reasons = gateReasons({
    objectId,
    objectName,
    version: number,
    writes,
    kindOf: joined.kindOf,
    services: [...services.values()],
    nodes: [...nodes.values()],
    volumes: [],
    tasks: [...tasksByService.values()].flat().filter(({ secretObjectIds }) => secretObjectIds.includes(objectId)),
    // The page shows the keep time and an open operation apart from these reasons.
    retireAfter: null,
    lateUntil: null,
    openOperationIds: [],
    isStackConfirmed,
    now: joined.known.readAt,
  });
  const named = new Set(reasons.flatMap((each) => (each.reason === "named" ? each.serviceId : [])));
  return reasons
    .filter((each) => each.reason !== "previous-spec" || !named.has(each.serviceId))
    .filter((each) => each.reason !== "task" || named.size === 0);
}

type Asked = { objectId: string; number: number | null; isStackConfirmed: boolean };

function stacksIn(reasons: GateReason[], secret: Parameters<typeof stackLine>[1]): VersionView["stacks"] {
  return reasons.flatMap((each) =>
    each.reason === "stack" ? [{ stack: each.stack, ...stackLine(each.stack, secret) }] : [],
  );
}

function choices(actor: Actor, record: SecretRecord, { id, state, isLeaked }: VersionRecord): VersionView["can"] {
  const { id: secretId } = record;
  if (state === "current" || state === "pending") return [];
  const may = allowed(actor, { "secret.roll-back": { secretId, isLeaked }, "secret.retire": { secretId } });
  return whyNotBack(record, id) === null ? may : may.filter((action) => action !== "secret.roll-back");
}

function textOf(version: VersionRecord, operation: OperationRow | undefined, isThere: boolean): string {
  if (!isThere && version.state !== "removed" && version.state !== "pending") return "no longer in the Swarm";
  switch (version.state) {
    case "pending":
      if (!isThere) return "being made";
      return operation?.state === "needs-attention"
        ? "made; what goes on waits for a decision"
        : "made; services move to it";
    case "current":
      if (version.retireAfter) return "to be removed once nothing can need it";
      return operation ? madeBy(operation) : "found in the Swarm";
    case "previous":
      return version.retireAfter ? "to be removed once nothing can need it" : "kept until somebody retires it";
    case "abandoned":
      if (!operation?.endedAt) return "its rotation was undone";
      return operation.outcome === "undone" ? `undone after ${secondsOf(operation)} s` : "given up: no service got it";
    case "removed":
      return "removed: nothing named it";
  }
}

function madeBy(operation: OperationRow): string {
  const { kind, startedBy, endedAt, servicesDone } = operation;
  const verb = { create: "created", adopt: "adopted", "roll-back": "rolled back to" }[kind as string] ?? "rotated";
  if (servicesDone === 0 || endedAt === null) return `${verb} by ${startedBy}`;
  return `${verb} by ${startedBy}, ${counted(servicesDone, "service")} in ${secondsOf(operation)} s`;
}

function secondsOf({ startedAt, endedAt }: OperationRow): number {
  return Math.round((Date.parse(endedAt ?? startedAt) - Date.parse(startedAt)) / 1000);
}
