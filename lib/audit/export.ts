import "server-only";
import { type Database, database } from "#lib/db/client.ts";
import { transaction } from "#lib/db/transaction.ts";
import type { Permit } from "#lib/policy/permit.ts";
import { appendOfNoSwarm } from "./append.ts";
import { filterInWords, whereOf } from "./filter.ts";
import type { EventFilter } from "./schema.ts";

/** Large enough to be quick, small enough that a slow reader holds little memory. */
const batchLength = 1000;

type ExportRow = { sequence: bigint; line: string };

/**
 * What is filtered as NDJSON, oldest first, one line per event with its seal and its body byte for byte: enough to
 * prove each line without Skep. That somebody exports is written down before the first line leaves.
 */
export async function* exportEvents(permit: Permit<"audit.export">, filter: EventFilter = {}): AsyncGenerator<string> {
  const source = database();
  const { count, last } = await measure(source, filter);
  const detail = { type: "audit.exported", count, filter: filterInWords(filter) } as const;
  await transaction((tx) => appendOfNoSwarm(tx, permit.actor, detail));
  for (let after = 0n; after < last; ) {
    const rows = await source.$queryRaw<ExportRow[]>`
      SELECT e."sequence", '{"sequence":' || e."sequence" || ',"previousHash":"' || encode(e."previousHash", 'hex')
        || '","hash":"' || encode(e."hash", 'hex') || '","body":' || convert_from(e."body", 'UTF8') || '}' AS line
      FROM "AuditEvent" e WHERE ${whereOf(filter)} AND e."sequence" > ${after} AND e."sequence" <= ${last}
      ORDER BY e."sequence" LIMIT ${batchLength}`;
    for (const row of rows) yield `${row.line}\n`;
    if (rows.length < batchLength) return;
    after = rows.at(-1)?.sequence ?? last;
  }
}

/** What the export will hold: later events are not part of it, its own among them. */
async function measure(source: Database, filter: EventFilter): Promise<{ count: number; last: bigint }> {
  const [row] = await source.$queryRaw<{ count: number; last: bigint | null }[]>`
    SELECT count(*)::int AS count, max(e."sequence") AS last FROM "AuditEvent" e WHERE ${whereOf(filter)}`;
  return { count: row?.count ?? 0, last: row?.last ?? 0n };
}
