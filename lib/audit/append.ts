import "server-only";
import { randomUUID } from "node:crypto";
import { systemClock } from "#lib/clock.ts";
import type { Transaction } from "#lib/db/transaction.ts";
import { AppError } from "#lib/errors.ts";
import { canonicalBytes } from "./canonical.ts";
import { factsOf } from "./facts.ts";
import type { EventDetail, NewEvent } from "./schema.ts";
import { newEvent } from "./shape.ts";

/** How an event is kept. Written once, in one spelling; the columns of its row are Postgres's reading of it. */
export type EventBody = NewEvent & {
  id: string;
  at: string;
  actorName: string;
  outcome: string;
  secretNames: string[];
  serviceNames: string[];
  subjectIds: string[];
  callKey: string | null;
};

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
      cause: new Error(`${event.detail.type}: ${fields}`),
    });
  }
  const facts = checked.data as NewEvent;
  const body: EventBody = {
    id,
    at: clock.now().toISOString(),
    ...facts,
    ...factsOf(facts.actor, facts.detail as EventDetail),
  };
  await tx.$executeRaw`INSERT INTO "AuditEvent" ("id", "body") VALUES (${id}, ${canonicalBytes(body)})`;
  return { id };
}
