import "server-only";
import { database } from "#lib/db/client.ts";
import type { Permit } from "#lib/policy/permit.ts";
import type { BindingMode } from "#lib/settings/schema.ts";
import type { Take } from "#lib/sources/schema.ts";
import { liveIndex } from "#lib/swarm/connect.ts";
import type { ImportCounts, ImportItemState, ImportItemView, ImportRow, ImportView } from "./schema.ts";

/** The last imports of this Swarm, the newest first. */
export async function listImports(_permit: Permit<"secret.import">, limit = 10): Promise<ImportRow[]> {
  const clusterId = liveIndex().snapshot().cluster?.id;
  const rows = await database().import.findMany({
    where: clusterId ? { clusterId } : {},
    orderBy: [{ createdAt: "desc" }, { id: "desc" }],
    take: limit,
  });
  const counted = await database().importItem.groupBy({
    by: ["importId", "state"],
    where: { importId: { in: rows.map(({ id }) => id) } },
    _count: true,
  });
  return rows.map((row) => {
    const counts = noCounts();
    for (const { importId, state, _count } of counted) {
      if (importId === row.id) counts[state as ImportItemState] = _count;
    }
    return rowOf(row, counts);
  });
}

/** One import with all of its items, in the order in which they were chosen; null where there is none. */
export async function findImport(_permit: Permit<"secret.import">, id: string): Promise<ImportView | null> {
  const row = await database().import.findUnique({
    where: { id },
    include: { items: { orderBy: { position: "asc" } } },
  });
  if (!row) return null;
  const [source, begun] = await Promise.all([
    database().source.findUnique({ where: { id: row.sourceId } }),
    operationsOf(row.items),
  ]);
  const counts = noCounts();
  for (const { state } of row.items) counts[state as ImportItemState] += 1;
  const isLeftAlone = source !== null && source.failure !== null;
  return {
    ...rowOf(row, counts),
    mode: row.mode as BindingMode,
    items: row.items.map((item) => itemOf(item, begun)),
    sourceFailure: isLeftAlone
      ? { sentence: source.failure ?? "", nextAskAt: source.nextAskAt?.toISOString() ?? null }
      : null,
  };
}

type Row = { id: string; sourceId: string; sourceName: string; startedBy: string; createdAt: Date };
type Item = {
  id: string;
  path: string;
  take: unknown;
  name: string;
  state: string;
  failure: string | null;
  attempts: number;
  secretId: string | null;
  operationId: string | null;
};

function rowOf({ id, sourceId, sourceName, startedBy, createdAt }: Row, counts: ImportCounts): ImportRow {
  return { id, sourceId, sourceName, startedBy, startedAt: createdAt.toISOString(), counts };
}

/** Their IDs are chosen before there are any: those that have begun. */
async function operationsOf(items: readonly Pick<Item, "operationId">[]): Promise<ReadonlySet<string | null>> {
  const chosen = items.flatMap(({ operationId }) => operationId ?? []);
  const rows = await database().operation.findMany({ where: { id: { in: chosen } }, select: { id: true } });
  return new Set(rows.map(({ id }) => id));
}

function itemOf(item: Item, begun: ReadonlySet<string | null>): ImportItemView {
  const { id, path, take, name, state, failure, attempts, secretId, operationId } = item;
  return {
    id,
    path,
    take: take as Take,
    name,
    state: state as ImportItemState,
    sentence: failure,
    attempts,
    secretId,
    operationId: begun.has(operationId) ? operationId : null,
    isMade: secretId !== null,
  };
}

function noCounts(): ImportCounts {
  return { waiting: 0, running: 0, done: 0, failed: 0 };
}
