import "server-only";
import { noSql, type Sql, sql } from "#lib/db/sql.ts";
import type { Transaction } from "#lib/db/transaction.ts";
import type { ReferenceChange, SwarmChange } from "#lib/swarm/schema.ts";
import type { EventDetail, OutsideCall } from "./schema.ts";
import { bodyOf } from "./view.ts";

export type OwnCall = { call: OutsideCall };

/**
 * Skep's own calls that may have made this change: intents on the same object that were not answered with "not applied".
 * The intent is committed before the call, so it is there before the change can be seen.
 */
export async function findOwnCalls(tx: Transaction, change: SwarmChange, sinceIndex: number): Promise<OwnCall[]> {
  const rows = await tx.$queryRaw<{ body: Uint8Array }[]>`
    SELECT e."body" FROM "AuditEvent" e
    WHERE e."type" = 'call.intended' AND ${objectCondition(change)}
      AND NOT EXISTS (SELECT 1 FROM "AuditEvent" ended WHERE ended."type" = 'call.ended'
        AND ended."operationId" IS NOT DISTINCT FROM e."operationId" AND ended."callKey" = e."callKey"
        AND ended."sequence" > e."sequence" AND (ended."outcome" = 'failed' ${orAnotherObject(change)}))
    ORDER BY e."sequence" DESC LIMIT 200`;
  const calls = rows.flatMap((row) => {
    const { detail } = bodyOf(row);
    return detail.type === "call.intended" ? [{ call: detail.call }] : [];
  });
  return calls.filter(({ call }) => isPossible(call, change, sinceIndex));
}

/**
 * What these changes of a service take back: the last thing written down of it, if they undo just that. Null where
 * something else lies between, so that nobody knows who did what.
 */
export async function findTakenBack(
  tx: Transaction,
  serviceId: string,
  changes: ReferenceChange[],
): Promise<{ operationId: string | null } | null> {
  const [row] = await tx.$queryRaw<{ body: Uint8Array }[]>`
    SELECT e."body" FROM "AuditEvent" e
    WHERE e."type" IN ('call.intended', 'outside.references-changed', 'swarm.rolled-back')
      AND e."subjectIds" @> ARRAY[${serviceId}]::text[]
      AND NOT EXISTS (SELECT 1 FROM "AuditEvent" ended WHERE ended."type" = 'call.ended' AND ended."outcome" = 'failed'
        AND ended."operationId" IS NOT DISTINCT FROM e."operationId" AND ended."callKey" = e."callKey"
        AND ended."sequence" > e."sequence")
    ORDER BY e."sequence" DESC LIMIT 1`;
  if (!row) return null;
  const { detail, facts } = bodyOf(row);
  const put = changesIn(detail).map(({ fromObjectId, toObjectId }) => `${toObjectId} ${fromObjectId}`);
  const isUndone = changes.every(({ fromObjectId, toObjectId }) => put.includes(`${fromObjectId} ${toObjectId}`));
  return isUndone ? { operationId: facts.operationId } : null;
}

function changesIn(detail: EventDetail): ReferenceChange[] {
  if (detail.type === "outside.references-changed") return detail.changes;
  return detail.type === "call.intended" && detail.call.call === "service.update" ? detail.call.changes : [];
}

/** A secret that is being made has no ID in its intent yet: its name is what there is. */
function objectCondition(change: SwarmChange): Sql {
  return isNewSecret(change)
    ? sql`e."secretNames" @> ARRAY[${change.objectName}]::text[]`
    : sql`e."subjectIds" @> ARRAY[${change.objectId}]::text[]`;
}

/** The answer to a create names the object: if it is another one, this one is somebody else's. */
function orAnotherObject(change: SwarmChange): Sql {
  if (!isNewSecret(change)) return noSql;
  return sql`OR (ended."outcome" = 'done' AND NOT ended."subjectIds" @> ARRAY[${change.objectId}]::text[])`;
}

/** An update was sent for the version that was read: it can have made only what came right after that version. */
function isPossible(call: OutsideCall, change: SwarmChange, sinceIndex: number): boolean {
  if (change.objectType === "service") {
    if (call.call !== "service.update" || call.service.id !== change.objectId) return false;
    return call.versionIndex >= sinceIndex && (change.after === null || call.versionIndex < change.versionIndex);
  }
  if (isNewSecret(change)) return call.call === "secret.create" && call.objectName === change.objectName;
  return call.call === "secret.remove" && call.objectId === change.objectId;
}

function isNewSecret(change: SwarmChange): boolean {
  return change.objectType === "secret" && change.before === null && change.after !== null;
}
