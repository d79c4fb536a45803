import "server-only";
import { database } from "#lib/db/client.ts";
import type { Actor } from "#lib/policy/schema.ts";
import { liveIndex, managerEndpoints } from "#lib/swarm/connect.ts";
import { type ByHandConnection, connectionOf } from "./by-hand-connection.ts";
import type { KeptAnswers } from "./by-hand-step.ts";
import { type ByHandView, byHandViewOf } from "./by-hand-view.ts";
import type { Operation } from "./ledger.ts";
import { operationOf } from "./store-rows.ts";

export type { ByHandStep, ByHandWay } from "./by-hand-step.ts";

/** How to end an operation without Skep, from where the Swarm was last seen: it may be the very thing that does not answer. */
export async function findByHand(
  actor: Actor,
  id: string,
): Promise<(ByHandView & { connection: ByHandConnection }) | null> {
  const row = await database().operation.findUnique({ where: { id }, include: { steps: true } });
  if (!row) return null;
  const operation = operationOf(row);
  const view = byHandViewOf(operation, actor, liveIndex().snapshot(), await keptAnswers(operation));
  return { ...view, connection: connectionOf(managerEndpoints()) };
}

/** What was answered with the plan is in the plan; the other answers are as they were, for it holds its secrets. */
async function keptAnswers({ plan }: Operation): Promise<KeptAnswers> {
  const ids = plan.secrets.map(({ secretId }) => secretId);
  const select = { id: true, oldValueStaysValid: true };
  const rows = await database().secret.findMany({ where: { id: { in: ids } }, select });
  return new Map(rows.map(({ id, oldValueStaysValid }) => [id, oldValueStaysValid]));
}
