import "server-only";
import { database } from "#lib/db/client.ts";
import { takeLock } from "#lib/db/lock.ts";
import { type Sql, sql } from "#lib/db/sql.ts";
import { type Transaction, transaction } from "#lib/db/transaction.ts";
import { AppError } from "#lib/errors.ts";
import type { Person } from "#lib/policy/schema.ts";
import type { BindingMode } from "#lib/settings/schema.ts";
import type { Take } from "#lib/sources/schema.ts";

/** An item as an instance has claimed it: what it writes of it counts only as long as the token is still the item's. */
export type ClaimedItem = {
  id: string;
  importId: string;
  token: number;
  clusterId: string;
  sourceId: string;
  sourceName: string;
  mode: BindingMode;
  oldStaysValid: boolean;
  path: string;
  take: Take;
  name: string;
  actor: Person;
  attempts: number;
  operationId: string;
};

export type Why = { code: string; sentence: string };
type Held = Pick<ClaimedItem, "id" | "token">;
type Scope = { sourceId: string; clusterId: string };

/** Longer than all the calls of one item take; whoever takes over an item that was merely slow makes the slow one's last write miss. */
const leaseSeconds = 60;

const joined = sql`"ImportItem" i JOIN "Import" m ON m."id" = i."importId"
  LEFT JOIN "Operation" o ON o."id" = i."operationId"`;
const isFree = sql`(i."leaseUntil" IS NULL OR i."leaseUntil" < now()) AND i."nextTryAt" <= now()`;
/** Not begun yet; or whoever was about to begin it has died before there was an operation. */
const isToBegin = sql`(i."state" = 'waiting' OR (i."state" = 'running' AND o."id" IS NULL)) AND ${isFree}
  AND NOT EXISTS (SELECT 1 FROM "Source" s WHERE s."id" = m."sourceId" AND s."nextAskAt" > now())`;
const isToSettle = sql`i."state" = 'running' AND o."state" = 'ended' AND ${isFree}`;

/** Sources of this Swarm's imports at which something can go on, by Postgres's time. */
export async function sourcesToImportFrom(clusterId: string): Promise<string[]> {
  const rows = await database().$queryRaw<{ id: string }[]>`
    SELECT DISTINCT m."sourceId" AS "id" FROM ${joined}
    WHERE i."state" IN ('waiting', 'running') AND m."clusterId" = ${clusterId} AND (${isToBegin} OR ${isToSettle})`;
  return rows.map(({ id }) => id);
}

/** Items to begin: as many that of this source no more than `most` are under way, whoever has them. The oldest import first. */
export async function claimToBegin({ sourceId, clusterId }: Scope, most: number): Promise<ClaimedItem[]> {
  return transaction(async (tx) => {
    await takeLock(tx, `import-claims:${sourceId}`);
    const [row] = await tx.$queryRaw<{ busy: bigint }[]>`
      SELECT count(*) AS busy FROM ${joined}
      WHERE m."sourceId" = ${sourceId} AND i."state" = 'running' AND (i."leaseUntil" > now() OR o."state" = 'open')`;
    const room = most - Number(row?.busy ?? 0);
    return room > 0 ? claim(tx, { sourceId, clusterId }, isToBegin, room) : [];
  });
}

/** Items whose operation has ended, one way or another. */
export async function claimToSettle(scope: Scope, limit: number): Promise<ClaimedItem[]> {
  return transaction((tx) => claim(tx, scope, isToSettle, limit));
}

async function claim(tx: Transaction, scope: Scope, which: Sql, limit: number): Promise<ClaimedItem[]> {
  return tx.$queryRaw<ClaimedItem[]>`
    WITH due AS MATERIALIZED (
      SELECT i."id" FROM ${joined}
      WHERE m."sourceId" = ${scope.sourceId} AND m."clusterId" = ${scope.clusterId} AND ${which}
      ORDER BY m."createdAt", i."position" LIMIT ${limit} FOR UPDATE OF i SKIP LOCKED)
    UPDATE "ImportItem" c SET "state" = 'running', "token" = c."token" + 1,
      "leaseUntil" = now() + make_interval(secs => ${leaseSeconds}::double precision),
      "attempts" = c."attempts" + CASE WHEN c."state" = 'waiting' THEN 1 ELSE 0 END,
      "operationId" = coalesce(c."operationId", gen_random_uuid()::text)
    FROM due, "Import" m WHERE c."id" = due."id" AND m."id" = c."importId"
    RETURNING c."id", c."importId", c."token", m."clusterId", m."sourceId", m."sourceName", m."mode",
      m."oldStaysValid", c."path", c."take", c."name", c."actor", c."attempts", c."operationId"`;
}

/** Locks the item until the commit; `lease-lost` where another instance has it by now, or a person asked for something. */
export async function holdItem(tx: Transaction, { id, token }: Held): Promise<void> {
  const rows = await tx.$queryRaw<unknown[]>`
    SELECT 1 FROM "ImportItem" WHERE "id" = ${id} AND "token" = ${token} AND "state" = 'running' FOR UPDATE`;
  if (rows.length === 0) throw new AppError("lease-lost", "Another instance has taken this part of the import over.");
}

// The lease ends with the commit that begins an operation: from then on, what whoever began it says counts no more.

/** It cannot go on by itself. `secretId`: what was made all the same, and is kept. */
export async function itemFailed(
  { id, token }: Held,
  { code, sentence }: Why,
  secretId: string | null = null,
): Promise<void> {
  await database().importItem.updateMany({
    where: { id, token, state: "running", leaseUntil: { not: null } },
    data: { state: "failed", leaseUntil: null, failureCode: code, failure: sentence, secretId },
  });
}

/** Begun again after so many seconds, and not before its source is asked again; with an operation of its own. */
export async function itemWaits({ id, token }: Held, { code, sentence }: Why, seconds: number): Promise<void> {
  await database().$executeRaw`
    UPDATE "ImportItem" SET "state" = 'waiting', "leaseUntil" = NULL, "operationId" = NULL,
      "failureCode" = ${code}, "failure" = ${sentence},
      "nextTryAt" = now() + make_interval(secs => ${seconds}::double precision)
    WHERE "id" = ${id} AND "token" = ${token} AND "state" = 'running' AND "leaseUntil" IS NOT NULL`;
}

/** Looked at again a little later by whoever comes; its operation stays its own. */
export async function itemIsFree({ id, token }: Held, seconds: number): Promise<void> {
  await database().$executeRaw`
    UPDATE "ImportItem" SET "leaseUntil" = NULL,
      "nextTryAt" = now() + make_interval(secs => ${seconds}::double precision)
    WHERE "id" = ${id} AND "token" = ${token} AND "state" = 'running' AND "leaseUntil" IS NOT NULL`;
}
