import "server-only";
import { database, type Prisma } from "#lib/db/client.ts";
import type { KnownOperation } from "#lib/findings/input.ts";
import type { Plan } from "#lib/operations/schema.ts";
import type { Actor, OperationKind } from "#lib/policy/schema.ts";

/** Rows of operations, the newest first. */
export async function readOperations(where: Prisma.OperationWhereInput, limit: number): Promise<KnownOperation[]> {
  const rows = await database().operation.findMany({
    where,
    orderBy: { createdAt: "desc" },
    take: limit,
    include: { steps: { where: { name: "watch" }, select: { state: true } }, secrets: { select: { secretId: true } } },
  });
  return rows.map((row) => {
    const plan = row.plan as unknown as Plan;
    return {
      ...{ id: row.id, kind: row.kind as OperationKind, title: titleOf(plan) },
      ...{ state: row.state as KnownOperation["state"], outcome: row.outcome as KnownOperation["outcome"] },
      secretNames: plan.secrets.map(({ secretName }) => secretName),
      secretIds: row.secrets.map(({ secretId }) => secretId),
      startedBy: nameOf(row.actor as unknown as Actor),
      ...{ startedAt: row.createdAt.toISOString(), endedAt: row.endedAt?.toISOString() ?? null },
      servicesDone: row.steps.filter(({ state }) => state === "done").length,
      servicesWanted: plan.changes.filter(({ leftOut }) => leftOut === null).length,
    };
  });
}

function titleOf({ kind, secrets }: Plan): string {
  const [first] = secrets;
  const verb = `${kind.charAt(0).toUpperCase()}${kind.slice(1).replaceAll("-", " ")}`;
  return `${verb} ${first?.secretName ?? ""}`.trim();
}

function nameOf(actor: Actor): string {
  if (actor.type === "person") return actor.name;
  return actor.type === "schedule" ? `schedule, set by ${actor.setBy}` : "Skep";
}
