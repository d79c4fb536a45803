import "server-only";
import { countEvents, findEvents } from "#lib/audit/queries.ts";
import type { EventView } from "#lib/audit/schema.ts";
import type { SecretRecord } from "#lib/grants/records.ts";
import { findWritesAround } from "#lib/operations/gate-facts.ts";
import { operationsOfSecret, operationsOfService } from "#lib/operations/queries.ts";
import type { OperationRow } from "#lib/operations/schema.ts";
import { operationStore } from "#lib/operations/store.ts";
import type { ServiceWrite } from "#lib/operations/store-port.ts";
import { decide } from "#lib/policy/permit.ts";
import type { Actor } from "#lib/policy/schema.ts";
import type { SwarmSnapshot } from "#lib/swarm/schema.ts";

/** What happened to one thing, as much as its page shows; `writes` are the updates that tell which version a stack knows. */
export type History = {
  operations: OperationRow[];
  events: EventView[];
  eventCount: number;
  writes: readonly ServiceWrite[];
};

const mostEvents = 8;
const mostOperations = 50;

export async function historyOfSecret(
  actor: Actor,
  record: SecretRecord,
  { cluster, services }: Pick<SwarmSnapshot, "cluster" | "services">,
): Promise<History> {
  const objectIds = record.versions.flatMap(({ objectId, state }) => (objectId && state !== "removed" ? objectId : []));
  const [rows, writes, events] = await Promise.all([
    operationsOfSecret(record.id, mostOperations),
    findWritesAround(operationStore(), cluster?.id ?? "", [...services.values()], objectIds),
    eventsAbout(actor, { secret: record.id }),
  ]);
  return { operations: rows, writes, ...events };
}

/** Of what Skep does not manage, only the changes that it saw. */
export async function historyOfObject(actor: Actor, objectName: string): Promise<History> {
  return { operations: [], writes: [], ...(await eventsAbout(actor, { secret: objectName })) };
}

export async function historyOfService(actor: Actor, serviceId: string): Promise<History> {
  const rows = await operationsOfService(serviceId, mostOperations);
  return { operations: rows, writes: [], ...(await eventsAbout(actor, { service: serviceId })) };
}

async function eventsAbout(actor: Actor, filter: { secret?: string | undefined; service?: string }) {
  const permit = decide(actor, "audit.read", {});
  if (!permit) return { events: [], eventCount: 0 };
  const [page, eventCount] = await Promise.all([
    findEvents(permit, filter, { limit: mostEvents }),
    countEvents(permit, filter),
  ]);
  return { events: page.events, eventCount };
}
