import "server-only";
import { database } from "#lib/db/client.ts";
import { readRecords } from "#lib/grants/records.ts";
import { isAutomationPaused } from "#lib/settings/automation.ts";
import type { Known } from "./joined.ts";
import { readOperations, readUnfinished } from "./known-operations.ts";

/** What says whether `Known` is still true, and how much of it has to be read again where it is not. */
export type Counter = Pick<Known, "counter" | "base">;

/**
 * `counter` differs whenever anything in `Known` may. Each change of what pages show appends an event, except the
 * progress of an open operation, whose own revisions are added, and what is wrong with sources. `base` leaves out what unfinished operations do. One
 * index look-up each, and one short scan.
 */
export async function readCounter(clusterId: string | null): Promise<Counter> {
  const [row] = await database().$queryRaw<Counter[]>`
    WITH unfinished AS (SELECT "id", "revision" FROM "Operation" WHERE "state" <> 'ended'),
      sources AS (SELECT md5(string_agg(concat_ws('=', b."secretId", b."newestId", b."newestState", b."failureCode", s."failureCode"), ','
          ORDER BY b."secretId")) AS text
        FROM "Binding" b JOIN "Source" s ON s."id" = b."sourceId"
        WHERE b."failureCode" IS NOT NULL OR s."failureCode" IS NOT NULL OR b."newestState" IS DISTINCT FROM 'there'
          OR NOT EXISTS (SELECT 1 FROM "Version" v WHERE v."secretId" = b."secretId" AND v."state" = 'current'
            AND v."sourceVersionId" = b."newestId" AND v."bindingId" = b."id")),
      reason AS (SELECT coalesce((SELECT "readOnlyReason" FROM "Swarm" WHERE "clusterId" = ${clusterId ?? ""}), '') AS text)
    SELECT concat_ws(':',
        (SELECT coalesce(max("sequence"), 0) FROM "AuditEvent"),
        (SELECT coalesce(sum("revision" + 1), 0) FROM unfinished),
        (SELECT text FROM sources),
        (SELECT text FROM reason)) AS counter,
      concat_ws(':',
        (SELECT coalesce((SELECT "sequence" FROM "AuditEvent"
          WHERE "sequence" IS NOT NULL AND ("operationId" IS NULL OR "operationId" NOT IN (SELECT "id" FROM unfinished))
          ORDER BY "sequence" DESC LIMIT 1), 0)),
        (SELECT coalesce(string_agg("id", ',' ORDER BY "id"), '') FROM unfinished),
        (SELECT text FROM sources),
        (SELECT text FROM reason)) AS base`;
  return row ?? { counter: "", base: "" };
}

/** Everything that Postgres knows of one Swarm, as of a moment not before the counter. What still holds is taken from before. */
export async function readKnown(
  clusterId: string | null,
  counter: Counter,
  { before = null, now = new Date() }: { before?: Known | null; now?: Date } = {},
): Promise<Known> {
  if (before && before.base === counter.base) return readProgress(clusterId ?? "", counter, before, now);
  const ofSwarm = { clusterId: clusterId ?? "" };
  const [swarm, isPaused, records, operations] = await Promise.all([
    database().swarm.findUnique({ where: ofSwarm }),
    isAutomationPaused(),
    readRecords(ofSwarm.clusterId),
    readOperations(ofSwarm.clusterId, now, before?.operations),
  ]);
  return {
    ...counter,
    readAt: now,
    records,
    swarmName: swarm?.name ?? null,
    readOnlyReason: swarm?.readOnlyReason ?? null,
    isAutomationPaused: isPaused,
    operations,
  };
}

/** While a rotation runs, it changes itself and the records of its own secrets: nothing else is read again. */
async function readProgress(clusterId: string, counter: Counter, before: Known, now: Date): Promise<Known> {
  const isOpen = ({ state }: { state: string }) => state !== "ended";
  const ids = new Set(before.operations.filter(isOpen).flatMap(({ secretIds }) => secretIds));
  const [unfinished, fresh] = await Promise.all([
    readUnfinished(clusterId),
    ids.size > 0 ? readRecords(clusterId, { id: { in: [...ids] } }) : [],
  ]);
  const byId = new Map(fresh.map((record) => [record.id, record]));
  const records = before.records.flatMap((record) => (ids.has(record.id) ? (byId.get(record.id) ?? []) : record));
  const ended = before.operations.filter((operation) => !isOpen(operation));
  return { ...before, ...counter, readAt: now, records, operations: [...unfinished, ...ended] };
}

/** The Swarm that Postgres expects; null before the first one was met. */
export async function expectedClusterId(): Promise<string | null> {
  const swarm = await database().swarm.findFirst({ where: { isExpected: true }, orderBy: { firstSeenAt: "desc" } });
  return swarm?.clusterId ?? null;
}
