import "server-only";
import { randomUUID } from "node:crypto";
import { systemClock } from "#lib/clock.ts";
import type { Transaction } from "#lib/db/transaction.ts";
import { AppError } from "#lib/errors.ts";
import type { Actor } from "#lib/policy/schema.ts";
import { eventActor } from "./actor.ts";
import { canonicalBytes } from "./canonical.ts";
import { type EventFacts, factsOf } from "./facts.ts";
import type { EventActor, EventDetail, NewEvent } from "./schema.ts";
import { newEvent } from "./shape.ts";

/** How an event is stored: written once, in one spelling. Postgres fills the columns of the row from the facts. */
export type EventBody = { actor: EventActor; detail: EventDetail; facts: EventFacts };

/**
 * Writes one event in the caller's transaction: it is in the history when that commits, and only then.
 * The transaction must be READ COMMITTED; Postgres refuses the event in any other.
 */
export async function appendAudit(
  tx: Transaction,
  event: NewEvent,
  options: { clock?: { now(): Date }; id?: string } = {},
): Promise<{ id: string }> {
  const { clock = systemClock, id = randomUUID() } = options;
  const checked = newEvent.safeParse(event);
  if (!checked.success) {
    const fields = checked.error.issues.map((issue) => issue.path.join(".") || issue.code).join(", ");
    throw new AppError("audit-refused", "The history refused this line, so nothing was done. Report it as a defect.", {
      cause: Object.assign(new Error("not an event"), { code: String(event.detail?.type), target: fields }),
    });
  }
  const { actor, detail, clusterId, operationId } = checked.data as NewEvent;
  const at = clock.now().toISOString();
  const body: EventBody = { actor, detail, facts: { id, at, clusterId, operationId, ...factsOf(actor, detail) } };
  await tx.$executeRaw`INSERT INTO "AuditEvent" ("id", "body") VALUES (${id}, ${canonicalBytes(body)})`;
  return { id };
}

/** A line about people, sessions, settings or the history itself: of no Swarm and no operation. */
export async function appendOfNoSwarm(
  tx: Transaction,
  actor: Actor | EventActor,
  detail: EventDetail,
  options: { clock?: { now(): Date } } = {},
): Promise<void> {
  await appendAudit(tx, { actor: eventActor(actor), clusterId: null, operationId: null, detail }, options);
}
