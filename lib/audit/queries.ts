import "server-only";
import { database } from "#lib/db/client.ts";
import { noSql, sql } from "#lib/db/sql.ts";
import type { Permit } from "#lib/policy/permit.ts";
import { readChainState } from "./chain-state.ts";
import { whereOf } from "./filter.ts";
import type { ChainState, EventFilter, EventsPage, EventView, UnresolvedIntent } from "./schema.ts";
import { bodyOf, type EventRow, viewOf } from "./view.ts";

const longestPage = 500;

/** The history, newest first. `before` is the `next` of the page that was read last. */
export async function findEvents(
  _permit: Permit<"audit.read">,
  filter: EventFilter = {},
  page: { before?: number | undefined; limit?: number } = {},
): Promise<EventsPage> {
  const limit = Math.min(page.limit ?? 100, longestPage);
  const before = isSequence(page.before) ? sql`AND e."sequence" < ${page.before}` : noSql;
  const rows = await database().$queryRaw<EventRow[]>`
    SELECT e."id", e."sequence", e."body" FROM "AuditEvent" e
    WHERE ${whereOf(filter)} ${before} ORDER BY e."sequence" DESC LIMIT ${limit + 1}`;
  const events = await viewsOf(rows.slice(0, limit));
  return { events, next: rows.length > limit ? (events.at(-1)?.sequence ?? null) : null };
}

/** An address may hold anything; where it is no sequence, the newest page is shown. */
function isSequence(number: number | undefined): number is number {
  return Number.isSafeInteger(number) && Number(number) > 0;
}

export async function countEvents(_permit: Permit<"audit.read">, filter: EventFilter = {}): Promise<number> {
  const [row] = await database().$queryRaw<{ count: number }[]>`
    SELECT count(*)::int AS count FROM "AuditEvent" e WHERE ${whereOf(filter)}`;
  return row?.count ?? 0;
}

/** Everybody whom the history names as an actor, for the choice in the filter. */
export async function findActors(_permit: Permit<"audit.read">): Promise<{ id: string; name: string }[]> {
  return await database().$queryRaw<{ id: string; name: string }[]>`
    SELECT DISTINCT ON (id) coalesce("actorId", "actorName") AS id, "actorName" AS name
    FROM "AuditEvent" WHERE "sequence" IS NOT NULL ORDER BY id, "sequence" DESC`;
}

/** All of one operation, oldest first: its intent, each call with its outcome, its end. */
export async function eventsOfOperation(operationId: string): Promise<EventView[]> {
  const rows = await database().$queryRaw<EventRow[]>`
    SELECT "id", "sequence", "body" FROM "AuditEvent"
    WHERE "operationId" = ${operationId} AND "sequence" IS NOT NULL ORDER BY "sequence"`;
  return viewsOf(rows);
}

/** The newest lines that a person would call news: no single calls. */
export async function latestEvents(limit: number): Promise<EventView[]> {
  const rows = await database().$queryRaw<EventRow[]>`
    SELECT e."id", e."sequence", e."body" FROM "AuditEvent" e
    WHERE ${whereOf({})} ORDER BY e."sequence" DESC LIMIT ${limit}`;
  return viewsOf(rows);
}

/**
 * Calls whose outcome was never written: the worker died, or Postgres went away in between.
 * Whoever holds the expired lease looks at the Swarm, at least 60 s after the intent, and appends `call.ended`.
 */
export async function unresolvedIntents(
  options: { olderThanSeconds?: number; operationId?: string } = {},
): Promise<UnresolvedIntent[]> {
  const { olderThanSeconds = 0, operationId } = options;
  const ofOperation = operationId === undefined ? noSql : sql`AND e."operationId" = ${operationId}`;
  const rows = await database().$queryRaw<EventRow[]>`
    SELECT e."id", e."sequence", e."body" FROM "AuditEvent" e
    WHERE e."type" = 'call.intended' AND e."sequence" IS NOT NULL ${ofOperation}
      AND e."occurredAt" <= now() - make_interval(secs => ${olderThanSeconds}::double precision)
      AND NOT EXISTS (SELECT 1 FROM "AuditEvent" ended WHERE ended."type" = 'call.ended'
        AND ended."operationId" IS NOT DISTINCT FROM e."operationId" AND ended."callKey" = e."callKey"
        AND ended."sequence" > e."sequence")
    ORDER BY e."sequence"`;
  return rows.flatMap((row) => {
    const { detail, facts } = bodyOf(row);
    if (detail.type !== "call.intended") return [];
    const { step, attempt, call } = detail;
    const { id: eventId, at, clusterId } = facts;
    return {
      eventId,
      sequence: Number(row.sequence),
      at,
      clusterId,
      operationId: facts.operationId,
      step,
      attempt,
      call,
    };
  });
}

/** How the chain is, as far as it was walked: each page continues where the last one stopped. */
export function chainState(): Promise<ChainState> {
  return readChainState();
}

async function viewsOf(rows: EventRow[]): Promise<EventView[]> {
  const ids = rows.flatMap((row) => bodyOf(row).facts.operationId ?? []);
  const open = ids.length === 0 ? [] : await findOpen([...new Set(ids)]);
  const openOperations = new Set(open.map(({ id }) => id));
  return rows.map((row) => viewOf(row, openOperations));
}

function findOpen(ids: string[]): Promise<{ id: string }[]> {
  return database().operation.findMany({ where: { id: { in: ids }, state: { not: "ended" } }, select: { id: true } });
}
