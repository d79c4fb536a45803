import "server-only";
import type { OperationOutcome, Unverified } from "#lib/audit/schema.ts";
import { database, type Prisma } from "#lib/db/client.ts";
import type { Actor, OperationKind } from "#lib/policy/schema.ts";
import { liveIndex } from "#lib/swarm/connect.ts";
import type { OperationRow, OperationState, OperationView, Plan } from "./schema.ts";
import { seenSnapshot } from "./seen-snapshot.ts";
import { isToLeaked } from "./starter.ts";
import { operationOf } from "./store-rows.ts";
import { rowOf, viewOf } from "./view.ts";

export type OperationFilter = {
  state?: OperationState | undefined;
  kind?: OperationKind | undefined;
  outcome?: OperationOutcome | undefined;
  /** Done, and nobody could verify it (R5); `done` alone is what was not so. */
  unverified?: Unverified | undefined;
  /** Words in the names of its secrets, its services or its starter. */
  search?: string | undefined;
};

/** Operations that have ended, the newest first; each end is what to give to read on that way, null where nothing is. */
export type OperationPage = { rows: OperationRow[]; newer: string | null; older: string | null };

/** Where a page begins: before or after the row of this cursor. */
export type PageStart = { before?: string | undefined; after?: string | undefined };

export async function findOperation(actor: Actor, id: string): Promise<OperationView | null> {
  const row = await database().operation.findUnique({ where: { id }, include: { steps: true } });
  if (!row) return null;
  const operation = operationOf(row);
  return viewOf(operation, actor, seenSnapshot(operation, liveIndex().snapshot()));
}

/** What a permit to undo or to decide has to say of an operation. */
export async function operationSubject(_actor: Actor, operationId: string) {
  const row = await database().operation.findUnique({ where: { id: operationId }, select: { kind: true, plan: true } });
  if (!row) return { operationId, kind: null };
  return { operationId, kind: row.kind as OperationKind, isLeaked: isToLeaked(row.plan as unknown as Plan) };
}

/** Those that have ended, page by page; the same however many come meanwhile. */
export async function endedOperations(filter: OperationFilter, { before, after }: PageStart): Promise<OperationPage> {
  const where = await whereOf({ ...filter, state: "ended" });
  const cursor = cursorIn(before) ?? cursorIn(after);
  const isForward = cursorIn(before) === null && cursor !== null;
  const read = await readRows([where, ...(cursor ? [beyond(cursor, isForward)] : [])], pageRows + 1, isForward);
  const [isMore, isBehind] = [read.length > pageRows, cursor !== null];
  // The newest page is a whole one.
  if (isForward && !isMore) return endedOperations(filter, {});
  const rows = read.slice(0, pageRows);
  if (isForward) rows.reverse();
  const [first, last] = [rows[0], rows.at(-1)];
  return {
    rows,
    newer: first && (isForward ? isMore : isBehind) ? cursorOf(first) : null,
    older: last && (isForward ? isBehind : isMore) ? cursorOf(last) : null,
  };
}

/** Under way, or waiting for a person; the newest first. */
export async function openOperations(filter: OperationFilter = {}): Promise<OperationRow[]> {
  return readRows([{ state: { not: "ended" } }, await whereOf(filter)], 500);
}

export async function operationsOfSecret(secretId: string, limit = 20): Promise<OperationRow[]> {
  return readRows([{ secrets: { some: { secretId } } }], limit);
}

export async function operationsOfService(serviceId: string, limit = 20): Promise<OperationRow[]> {
  return readRows([{ steps: { some: { name: "move", subjectId: serviceId } } }], limit);
}

/** Stacks, null for none, whose services an operation gave one of these objects or took one of them from. */
export async function stacksThatHeld(secretId: string, objectIds: readonly string[]): Promise<(string | null)[]> {
  const rows = await database().$queryRaw<{ stack: string | null }[]>`
    SELECT DISTINCT coalesce(s."facts"->'joined', planned)->>'stack' AS stack
    FROM "OperationSecret" of
      JOIN "Operation" o ON o."id" = of."operationId"
      JOIN "OperationStep" s ON s."operationId" = o."id" AND s."name" = 'move' AND (s."facts"->>'isApplied')::boolean
      LEFT JOIN LATERAL jsonb_array_elements(o."plan"->'changes') AS planned ON planned->>'serviceId' = s."subjectId"
    WHERE of."secretId" = ${secretId} AND EXISTS (
      SELECT 1 FROM jsonb_array_elements(coalesce(s."facts"->'changes', '[]')) AS change
      WHERE change->>'fromObjectId' = ANY(${[...objectIds]}::text[])
        OR change->>'toObjectId' = ANY(${[...objectIds]}::text[]))`;
  return rows.map(({ stack }) => stack);
}

/** Versions whose value has leaked, by the word of whoever began an emergency rotation, whatever came of that. */
export async function leakedVersionIds(clusterId: string): Promise<ReadonlySet<string>> {
  const rows = await database().$queryRaw<{ versionId: string }[]>`
    SELECT DISTINCT retired->>'versionId' AS "versionId"
    FROM "Operation" o CROSS JOIN LATERAL jsonb_array_elements(o."plan"->'retire') AS retired
    WHERE o."clusterId" = ${clusterId} AND o."kind" = 'rotate-emergency'`;
  return new Set(rows.map(({ versionId }) => versionId));
}

const pageRows = 50;

async function readRows(all: Prisma.OperationWhereInput[], take: number, isForward = false): Promise<OperationRow[]> {
  const direction = isForward ? "asc" : "desc";
  const rows = await database().operation.findMany({
    where: { AND: all },
    orderBy: [{ createdAt: direction }, { id: direction }],
    take,
    include: { steps: true },
  });
  return rows.map((row) => rowOf(operationOf(row)));
}

type Cursor = { createdAt: Date; id: string };

function cursorOf({ startedAt, id }: OperationRow): string {
  return `${startedAt} ${id}`;
}

/** What an address has may be anything. */
function cursorIn(text: string | undefined): Cursor | null {
  const [at = "", id = ""] = (text ?? "").split(" ");
  return Number.isNaN(Date.parse(at)) ? null : { createdAt: new Date(at), id };
}

function beyond({ createdAt, id }: Cursor, isForward: boolean): Prisma.OperationWhereInput {
  const than = <T>(value: T) => (isForward ? { gt: value } : { lt: value });
  return { OR: [{ createdAt: than(createdAt) }, { createdAt, id: than(id) }] };
}

async function whereOf({
  state,
  kind,
  outcome,
  unverified,
  search,
}: OperationFilter): Promise<Prisma.OperationWhereInput> {
  return {
    ...(state && { state }),
    ...(kind && { kind }),
    ...(outcome && { outcome }),
    ...(outcome === "done" && { OR: [{ verification: null }, { verification: "verified" }] }),
    ...(unverified && { outcome: "done", verification: unverified }),
    AND: await Promise.all(wordsOf(search).map(searchCondition)),
  };
}

async function searchCondition(word: string): Promise<Prisma.OperationWhereInput> {
  const contains = { contains: word, mode: "insensitive" } as const;
  const named = await database().secret.findMany({ where: { name: contains }, select: { id: true }, take: 1000 });
  return {
    OR: [
      { secrets: { some: { secretId: { in: named.map(({ id }) => id) } } } },
      { steps: { some: { subjectName: contains } } },
      { actor: { path: ["name"], string_contains: word, mode: "insensitive" } },
      { actor: { path: ["setBy"], string_contains: word, mode: "insensitive" } },
    ],
  };
}

function wordsOf(search: string | undefined): string[] {
  return (search ?? "").replaceAll("\0", "").split(/\s+/).filter(Boolean).slice(0, 8);
}
