import "server-only";
import { database } from "#lib/db/client.ts";
import { failedDays, type KnownOperation } from "#lib/findings/input.ts";
import { operationOf } from "#lib/operations/store-rows.ts";
import { rowOf } from "#lib/operations/view.ts";

/** What is under way or waits for a person, and what ended lately; the newest first. */
export async function readOperations(clusterId: string, now: Date): Promise<KnownOperation[]> {
  const since = new Date(now.getTime() - failedDays * 86_400_000);
  const lately = { clusterId, state: "ended", endedAt: { gte: since } };
  const [unfinished, ended] = await Promise.all([
    database().operation.findMany({ where: { clusterId, state: { not: "ended" } }, ...shape(500) }),
    database().operation.findMany({ where: lately, ...shape(100) }),
  ]);
  return [...unfinished, ...ended].map((row) => {
    const operation = operationOf(row);
    return { ...rowOf(operation), secretIds: operation.plan.secrets.map(({ secretId }) => secretId) };
  });
}

function shape(take: number) {
  return { take, orderBy: { createdAt: "desc" }, include: { steps: true } } as const;
}
