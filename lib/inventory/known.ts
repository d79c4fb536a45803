import "server-only";
import { database } from "#lib/db/client.ts";
import { readRecords } from "#lib/grants/records.ts";
import { isAutomationPaused } from "#lib/settings/automation.ts";
import type { Known } from "./joined.ts";
import { readOperations } from "./known-operations.ts";

/**
 * A number that differs whenever anything in `Known` may. Each change of what pages show appends an event, except the
 * progress of an open operation, whose own revisions are added. One index look-up and one short scan.
 */
export async function readCounter(clusterId: string | null): Promise<string> {
  const [row] = await database().$queryRaw<{ counter: string }[]>`
    SELECT concat_ws(':',
      (SELECT coalesce(max("sequence"), 0) FROM "AuditEvent"),
      (SELECT coalesce(sum("revision" + 1), 0) FROM "Operation" WHERE "state" <> 'ended'),
      (SELECT coalesce("readOnlyReason", '') FROM "Swarm" WHERE "clusterId" = ${clusterId ?? ""})) AS counter`;
  return row?.counter ?? "";
}

/** Everything that Postgres knows of one Swarm, as of a moment not before the counter. */
export async function readKnown(clusterId: string | null, counter: string, now = new Date()): Promise<Known> {
  const ofSwarm = { clusterId: clusterId ?? "" };
  const [swarm, isPaused, records, operations] = await Promise.all([
    database().swarm.findUnique({ where: ofSwarm }),
    isAutomationPaused(),
    readRecords(ofSwarm.clusterId),
    readOperations(ofSwarm.clusterId, now),
  ]);
  return {
    counter,
    readAt: now,
    records,
    swarmName: swarm?.name ?? null,
    readOnlyReason: swarm?.readOnlyReason ?? null,
    isAutomationPaused: isPaused,
    operations,
  };
}

/** The Swarm that Postgres expects; null before the first one was met. */
export async function expectedClusterId(): Promise<string | null> {
  const swarm = await database().swarm.findFirst({ where: { isExpected: true }, orderBy: { firstSeenAt: "desc" } });
  return swarm?.clusterId ?? null;
}
