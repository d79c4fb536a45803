import "server-only";
import { database, type Prisma } from "#lib/db/client.ts";
import { AppError } from "#lib/errors.ts";
import type { Actor, OperationKind } from "#lib/policy/schema.ts";
import { liveIndex } from "#lib/swarm/connect.ts";
import type { OperationRow, OperationState, OperationView } from "./schema.ts";
import { seenSnapshot } from "./seen-snapshot.ts";
import { operationOf } from "./store-rows.ts";
import { rowOf, viewOf } from "./view.ts";

export type OperationFilter = {
  state?: OperationState | "unfinished" | undefined;
  kind?: OperationKind | undefined;
  secretId?: string | undefined;
  serviceId?: string | undefined;
  /** Words in the names of its secrets, or in its starter's. */
  search?: string | undefined;
};

export type OperationPage = {
  limit?: number /** ISO 8601: the `startedAt` of the last row that was read. */;
  before?: string;
};

export async function findOperation(actor: Actor, id: string): Promise<OperationView | null> {
  const row = await database().operation.findUnique({ where: { id }, include: { steps: true } });
  if (!row) return null;
  const operation = operationOf(row);
  return viewOf(operation, actor, seenSnapshot(operation, liveIndex().snapshot()));
}

/** What a permit to undo or to decide has to say of an operation. */
export async function operationSubject(_actor: Actor, operationId: string) {
  const row = await database().operation.findUnique({ where: { id: operationId }, select: { kind: true } });
  if (!row) throw new AppError("not-found", "There is no such operation. Look at the list of operations.");
  return { operationId, kind: row.kind as OperationKind };
}

/** The newest first. */
export async function listOperations(filter: OperationFilter = {}, page: OperationPage = {}): Promise<OperationRow[]> {
  const rows = await database().operation.findMany({
    where: { AND: [await whereOf(filter), page.before ? { createdAt: { lt: new Date(page.before) } } : {}] },
    orderBy: { createdAt: "desc" },
    take: Math.min(page.limit ?? 50, 500),
    include: { steps: true },
  });
  return rows.map((row) => rowOf(operationOf(row)));
}

export function openOperations(): Promise<OperationRow[]> {
  return listOperations({ state: "unfinished" }, { limit: 500 });
}

export function operationsOfSecret(secretId: string, limit = 20): Promise<OperationRow[]> {
  return listOperations({ secretId }, { limit });
}

export function operationsOfService(serviceId: string, limit = 20): Promise<OperationRow[]> {
  return listOperations({ serviceId }, { limit });
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

async function whereOf(filter: OperationFilter): Promise<Prisma.OperationWhereInput> {
  const { state, kind, secretId, serviceId, search } = filter;
  return {
    ...(state && { state: state === "unfinished" ? { not: "ended" } : state }),
    ...(kind && { kind }),
    ...(secretId && { secrets: { some: { secretId } } }),
    ...(serviceId && { steps: { some: { name: "move", subjectId: serviceId } } }),
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
    ],
  };
}

function wordsOf(search: string | undefined): string[] {
  return (search ?? "").split(/\s+/).filter(Boolean).slice(0, 8);
}
