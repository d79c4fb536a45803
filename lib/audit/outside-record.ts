import "server-only";
import { takeLock } from "#lib/db/lock.ts";
import { type Transaction, transaction } from "#lib/db/transaction.ts";
import { isSamePath, type ReferenceChange, type SecretReference, type SwarmChange } from "#lib/swarm/schema.ts";
import { appendAudit } from "./append.ts";
import { findOwnCalls, findTakenBack, type OwnCall } from "./own-calls.ts";
import { isSameReference, referenceChanges } from "./references.ts";
import type { EventDetail } from "./schema.ts";

type ServiceChange = Extract<SwarmChange, { objectType: "service" }>;

/** Writes one change down if Skep did not make it and no instance has written it yet. */
export async function recordChange(clusterId: string, change: SwarmChange): Promise<void> {
  await transaction(async (tx) => {
    const { objectId } = change;
    await takeLock(tx, `seen:${clusterId}:${objectId}`);
    const seen = await tx.seenObject.findUnique({ where: { clusterId_objectId: { clusterId, objectId } } });
    if (seen && !isNews(change, seen)) return;
    const since = seen ? Number(seen.versionIndex) : 0;
    const own = await findOwnCalls(tx, change, since);
    const known = seen ? (seen.references as unknown as SecretReference[]) : null;
    await saveSeen(tx, clusterId, change);
    if (change.objectType === "secret") {
      const detail = ofSecret(change, seen !== null, own);
      if (detail) await appendAudit(tx, { actor: { type: "outside" }, clusterId, operationId: null, detail });
      return;
    }
    const changes = unexplained(change, known, own);
    if (changes.length > 0) await appendAudit(tx, { clusterId, ...(await eventOf(tx, change, changes)) });
  });
}

/** What the Swarm did by itself belongs to the operation whose move it took back, if it was one's. */
async function eventOf(tx: Transaction, change: ServiceChange, changes: ReferenceChange[]) {
  const { objectId, objectName, versionIndex, isRolledBack } = change;
  const what = { service: { id: objectId, name: objectName }, versionIndex, changes };
  const undone = isRolledBack ? await findTakenBack(tx, objectId, changes) : null;
  if (undone) return { actor: { type: "swarm" }, ...undone, detail: { type: "swarm.rolled-back", ...what } } as const;
  const detail = { type: "outside.references-changed", ...what } as const;
  return { actor: { type: "outside" }, operationId: null, detail } as const;
}

/**
 * The same or an older state, told by another instance, is none: a newer one was already looked at as a whole. What was
 * told as removed and is seen later than that was not removed, and is followed again.
 */
function isNews({ after, versionIndex }: SwarmChange, seen: { versionIndex: bigint; isGone: boolean }): boolean {
  return after === null ? !seen.isGone : versionIndex > Number(seen.versionIndex);
}

async function saveSeen(tx: Transaction, clusterId: string, change: SwarmChange): Promise<void> {
  const { objectId, objectType, objectName, versionIndex } = change;
  const references = change.objectType === "service" && change.after ? change.after : [];
  const data = { objectType, objectName, versionIndex, references, isGone: change.after === null };
  await tx.seenObject.upsert({
    where: { clusterId_objectId: { clusterId, objectId } },
    create: { clusterId, objectId, ...data },
    update: { ...data, seenAt: new Date() },
  });
}

/** What Skep's own calls do not explain of the way from what was last written down to what is now. */
function unexplained(
  { before, after }: ServiceChange,
  known: SecretReference[] | null,
  own: OwnCall[],
): ReferenceChange[] {
  return referenceChanges(known ?? before ?? [], after ?? []).filter((one) => !isExplained(one, own));
}

function ofSecret(
  change: Extract<SwarmChange, { objectType: "secret" }>,
  isKnown: boolean,
  own: OwnCall[],
): EventDetail | null {
  const { objectId, objectName, versionIndex, after } = change;
  if (after === null) return own.length > 0 ? null : { type: "outside.secret-removed", objectId, objectName };
  if (change.before === null && !isKnown) {
    return own.length > 0 ? null : { type: "outside.secret-created", objectId, objectName, versionIndex };
  }
  // Skep never changes the labels of a secret that is there.
  const labelKeys = Object.keys(after.labels).sort();
  return { type: "outside.secret-relabelled", objectId, objectName, versionIndex, labelKeys };
}

/** Several calls may lie between two looks: where the change starts and where it ends must both be Skep's doing. */
function isExplained(change: ReferenceChange, own: OwnCall[]): boolean {
  const onTarget = own.flatMap(({ call }) =>
    call.call === "service.update" ? call.changes.filter((each) => isSamePath(each.target, change.target)) : [],
  );
  const begins = onTarget.some(({ fromObjectId }) => fromObjectId === change.fromObjectId);
  return begins && onTarget.some((one) => endsAs(one, change));
}

function endsAs(one: ReferenceChange, change: ReferenceChange): boolean {
  if (one.toObjectId !== change.toObjectId) return false;
  return change.toObjectId === null || isSameReference({ ...one, objectId: "" }, { ...change, objectId: "" });
}
