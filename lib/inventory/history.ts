import "server-only";
import { countEvents, findEvents } from "#lib/audit/queries.ts";
import type { EventView } from "#lib/audit/schema.ts";
import type { OperationRow } from "#lib/operations/schema.ts";
import { decide } from "#lib/policy/permit.ts";
import type { Actor } from "#lib/policy/schema.ts";
import { readOperations } from "./known-operations.ts";

/** What happened to one thing, as much as its page shows. */
export type History = { operations: OperationRow[]; events: EventView[]; eventCount: number };

const events = 8;
const operations = 50;

export async function historyOfSecret(actor: Actor, secretId: string | null, names: string[]): Promise<History> {
  const rows = secretId ? await readOperations({ secrets: { some: { secretId } } }, operations) : [];
  return { operations: rows, ...(await eventsAbout(actor, { secret: secretId ?? names[0] })) };
}

export async function historyOfService(actor: Actor, serviceId: string): Promise<History> {
  const rows = await readOperations({ plan: { path: ["changes"], array_contains: [{ serviceId }] } }, operations);
  return { operations: rows, ...(await eventsAbout(actor, { service: serviceId })) };
}

async function eventsAbout(actor: Actor, filter: { secret?: string | undefined; service?: string }) {
  const permit = decide(actor, "audit.read", {});
  if (!permit) return { events: [], eventCount: 0 };
  const [page, eventCount] = await Promise.all([
    findEvents(permit, filter, { limit: events }),
    countEvents(permit, filter),
  ]);
  return { events: page.events, eventCount };
}
