import "server-only";
import { eventActor } from "#lib/audit/actor.ts";
import { appendAudit } from "#lib/audit/append.ts";
import type { EventDetail } from "#lib/audit/schema.ts";
import type { Transaction } from "#lib/db/transaction.ts";
import type { Actor } from "#lib/policy/schema.ts";

/** A line about people or settings: of no Swarm and no operation. */
export async function record(tx: Transaction, actor: Actor, detail: EventDetail): Promise<void> {
  await appendAudit(tx, { actor: eventActor(actor), clusterId: null, operationId: null, detail });
}
