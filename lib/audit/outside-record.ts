import "server-only";
import { takeLock } from "#lib/db/lock.ts";
import { type Transaction, transaction } from "#lib/db/transaction.ts";
import { isSamePath, type ReferenceChange, type SecretReference, type SwarmChange } from "#lib/swarm/schema.ts";
import { appendAudit } from "./append.ts";
import { findOwnCalls, type OwnCall } from "./own-calls.ts";
import { isSameReference, referenceChanges } from "./references.ts";
import type { EventDetail } from "./schema.ts";

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
    const detail =
      change.objectType === "service" ? ofService(change, known, own) : ofSecret(change, seen !== null, own);
    await saveSeen(tx, clusterId, change);
    if (detail) await appendAudit(tx, { actor: { type: "outside" }, clusterId, operationId: null, detail });
  });
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
function ofService(
  change: Extract<SwarmChange, { objectType: "service" }>,
  known: SecretReference[] | null,
  own: OwnCall[],
): EventDetail | null {
  const { objectId, objectName, versionIndex } = change;
  const all = referenceChanges(known ?? change.before ?? [], change.after ?? []);
  const changes = all.filter((one) => !isExplained(one, own));
  if (changes.length === 0) return null;
  return { type: "outside.references-changed", service: { id: objectId, name: objectName }, versionIndex, changes };
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
