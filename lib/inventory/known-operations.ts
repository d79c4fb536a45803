import "server-only";
import { database } from "#lib/db/client.ts";
import { failedDays, type KnownOperation } from "#lib/findings/input.ts";
import { type OperationWithSteps, operationOf } from "#lib/operations/store-rows.ts";
import { rowOf } from "#lib/operations/view.ts";

/** What is under way or waits for a person, and what ended lately; the newest first. What has ended does not change any more. */
export async function readOperations(
  clusterId: string,
  now: Date,
  before: readonly KnownOperation[] = [],
): Promise<KnownOperation[]> {
  const since = new Date(now.getTime() - failedDays * 86_400_000);
  const lately = { clusterId, state: "ended", endedAt: { gte: since } };
  const [unfinished, ended] = await Promise.all([
    readUnfinished(clusterId),
    database().operation.findMany({ where: lately, ...newest(100), select: { id: true } }),
  ]);
  const known = new Map(before.flatMap((each) => (each.state === "ended" ? [[each.id, each] as const] : [])));
  const missing = ended.map(({ id }) => id).filter((id) => !known.has(id));
  if (missing.length > 0) {
    const rows = await database().operation.findMany({ where: { id: { in: missing } }, include: { steps: true } });
    for (const row of rows) known.set(row.id, knownOf(row));
  }
  return [...unfinished, ...ended.flatMap(({ id }) => known.get(id) ?? [])];
}

export async function readUnfinished(clusterId: string): Promise<KnownOperation[]> {
  const rows = await database().operation.findMany({
    where: { clusterId, state: { not: "ended" } },
    ...newest(500),
    include: { steps: true },
  });
  return rows.map(knownOf);
}

function knownOf(row: OperationWithSteps): KnownOperation {
  const operation = operationOf(row);
  return { ...rowOf(operation), secretIds: operation.plan.secrets.map(({ secretId }) => secretId) };
}

function newest(take: number) {
  return { take, orderBy: { createdAt: "desc" } } as const;
}
