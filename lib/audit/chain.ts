import "server-only";
import { type Database, database } from "#lib/db/client.ts";
import { sql } from "#lib/db/sql.ts";

/** The first sequence that is wrong, and what is wrong with it, as the end of a sentence. */
export type ChainFault = { sequence: number; reason: string };

/** A place in the chain: an event's sequence and its hash in hex. Zero and zeros before the first event. */
export type ChainPlace = { sequence: number; hash: string };

export type ChainReport = {
  /** The last event that was looked at and found right. */
  reached: ChainPlace;
  checked: number;
  fault: ChainFault | null;
};

export type WalkOptions = {
  database?: Database;
  /** Goes on after an event that was found right before, if that event is still the same. */
  from?: ChainPlace;
  /** Called after each part of a long walk. */
  onProgress?: (sequence: number) => void;
};

export const chainStart: ChainPlace = { sequence: 0, hash: "0".repeat(64) };

/** Large enough to be quick, small enough to tell the progress and to stay far from any timeout. */
const strideLength = 50_000;

/** Walks the chain inside Postgres. Reads only; who may ask is the caller's business. */
export async function walkChain(options: WalkOptions = {}): Promise<ChainReport> {
  const source = options.database ?? database();
  const report: ChainReport = { reached: options.from ?? chainStart, checked: 0, fault: null };
  report.fault = await checkPlace(source, report.reached);
  while (!report.fault) {
    const stride = await checkStride(source, report.reached);
    report.fault = stride.fault;
    if (stride.count === 0) break;
    report.reached = stride.reached;
    report.checked += stride.count;
    if (stride.count === strideLength) options.onProgress?.(report.reached.sequence);
  }
  report.fault ??= await findUnsealed(source, report.reached);
  return report;
}

/** Whether the event at this place is there and has this hash. */
export async function checkPlace(source: Database, place: ChainPlace): Promise<ChainFault | null> {
  if (place.sequence === 0) return null;
  const [row] = await source.$queryRaw<{ same: boolean }[]>`
    SELECT "hash" = decode(${place.hash}, 'hex') AS same FROM "AuditEvent" WHERE "sequence" = ${place.sequence}`;
  if (!row) return { sequence: place.sequence, reason: "the event is missing; it was there before" };
  return row.same ? null : { sequence: place.sequence, reason: "the event is not the one that was there before" };
}

/**
 * What the seal computes, written a second time. The functions of the migration belong to the owner of the database, who
 * could replace them by ones that accept an altered history.
 */
const sealed = sql`pg_catalog.sha256(pg_catalog.decode('736b65702e61756469742e76310a', 'hex')
  || pg_catalog.int8send(e."sequence") || e."previousHash" || e."body")`;

/** The end of the body as the columns of its row spell it. */
const facts = sql`pg_catalog.convert_to(pg_catalog.concat(
  ',"facts":{"actorId":', coalesce(pg_catalog.to_json(e."actorId")::text, 'null'),
  ',"actorName":', pg_catalog.to_json(e."actorName"),
  ',"at":"', pg_catalog.to_char(e."occurredAt" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  '","callKey":', coalesce(pg_catalog.to_json(e."callKey")::text, 'null'),
  ',"clusterId":', coalesce(pg_catalog.to_json(e."clusterId")::text, 'null'),
  ',"id":', pg_catalog.to_json(e."id"),
  ',"operationId":', coalesce(pg_catalog.to_json(e."operationId")::text, 'null'),
  ',"outcome":', pg_catalog.to_json(e."outcome"),
  ',"secretNames":', pg_catalog.array_to_json(e."secretNames"),
  ',"serviceNames":', pg_catalog.array_to_json(e."serviceNames"),
  ',"subjectIds":', pg_catalog.array_to_json(e."subjectIds"),
  ',"type":', pg_catalog.to_json(e."type"), '}}'), 'UTF8')`;

/** The offset keeps Postgres from writing the expression, and working it out, wherever its name stands. */
const withFacts = sql`CROSS JOIN LATERAL (SELECT ${facts} AS facts OFFSET 0) f`;
const hashRight = sql`coalesce(e."hash" = ${sealed}, false)`;
const columnsRight = sql`coalesce(substr(e."body", length(e."body") - length(f.facts) + 1) = f.facts, false)`;

/**
 * Whether the next part of the history is right, and whole: every sequence once. A join and no window, so that Postgres
 * can share the work among its processes; where it says no, `findFault` says what is wrong.
 */
async function checkStride(
  source: Database,
  before: ChainPlace,
): Promise<{ count: number; reached: ChainPlace; fault: ChainFault | null }> {
  const end = before.sequence + strideLength;
  const [row] = await source.$queryRaw<{ count: number; last_hash: string | null; is_right: boolean }[]>`
    SELECT count, is_right AND last_sequence = ${before.sequence}::bigint + count
        AND NOT (count < ${strideLength} AND EXISTS (SELECT FROM "AuditEvent" WHERE "sequence" > ${end}::bigint)) AS is_right,
      (SELECT encode("hash", 'hex') FROM "AuditEvent" WHERE "sequence" = last_sequence) AS last_hash
    FROM (
      SELECT count(*)::int AS count, coalesce(max(e."sequence"), ${before.sequence}::bigint) AS last_sequence,
        coalesce(bool_and(${hashRight} AND ${columnsRight} AND coalesce(e."previousHash" =
          CASE e."sequence" WHEN ${before.sequence}::bigint + 1 THEN decode(${before.hash}, 'hex') ELSE p."hash" END,
          false)), true) AS is_right
      FROM "AuditEvent" e
        ${withFacts}
        LEFT JOIN "AuditEvent" p
          ON p."sequence" = e."sequence" - 1 AND p."sequence" > ${before.sequence}::bigint AND p."sequence" < ${end}::bigint
      WHERE e."sequence" > ${before.sequence}::bigint AND e."sequence" <= ${end}::bigint
    ) AS stride`;
  if (!row?.is_right) return findFault(source, before);
  const reached = { sequence: before.sequence + row.count, hash: row.last_hash ?? before.hash };
  return { count: row.count, reached, fault: null };
}

type FaultRow = {
  count: number;
  last_sequence: bigint | null;
  last_hash: string | null;
  bad_sequence: bigint | null;
  expected: bigint | null;
  hash_before: string | null;
  previous_right: boolean | null;
  hash_right: boolean | null;
};

/** Each event against the one before it, its body against its hash, its columns against its body, in the order of the chain. */
async function findFault(
  source: Database,
  before: ChainPlace,
): Promise<{ count: number; reached: ChainPlace; fault: ChainFault | null }> {
  const [row] = await source.$queryRaw<FaultRow[]>`
    WITH judged AS (
      SELECT *, coalesce("previousHash" = hash_before, false) AS previous_right
      FROM (
        SELECT e."sequence", e."previousHash", ${hashRight} AS hash_right, ${columnsRight} AS columns_right,
          lag(e."sequence", 1, ${before.sequence}::bigint) OVER in_order + 1 AS expected,
          lag(e."hash", 1, decode(${before.hash}, 'hex')) OVER in_order AS hash_before
        FROM "AuditEvent" e ${withFacts} WHERE e."sequence" > ${before.sequence}
        WINDOW in_order AS (ORDER BY e."sequence") LIMIT ${strideLength}
      ) AS event
    ), summary AS (
      SELECT count(*)::int AS count, max("sequence") AS last_sequence, min("sequence")
        FILTER (WHERE NOT (previous_right AND hash_right AND columns_right AND "sequence" = expected)) AS bad_sequence
      FROM judged
    )
    SELECT summary.*, expected, encode(hash_before, 'hex') AS hash_before, previous_right, hash_right,
      (SELECT encode("hash", 'hex') FROM "AuditEvent" WHERE "sequence" = last_sequence) AS last_hash
    FROM summary LEFT JOIN judged ON judged."sequence" = bad_sequence`;
  if (!row || row.count === 0) return { count: 0, reached: before, fault: null };
  if (row.bad_sequence === null) {
    const reached = { sequence: Number(row.last_sequence), hash: row.last_hash ?? "" };
    return { count: row.count, reached, fault: null };
  }
  const lastRight = Number(row.expected) - 1;
  const count = Math.max(0, lastRight - before.sequence);
  return { count, reached: { sequence: lastRight, hash: row.hash_before ?? "" }, fault: faultOf(row) };
}

function faultOf(row: FaultRow): ChainFault {
  const found = Number(row.bad_sequence);
  const expected = Number(row.expected);
  if (found === expected + 1) return { sequence: expected, reason: "the event is missing" };
  if (found > expected) return { sequence: expected, reason: `the events ${expected} to ${found - 1} are missing` };
  if (!row.hash_right) return { sequence: found, reason: "its hash is not that of its body: it was altered or moved" };
  if (!row.previous_right) {
    return { sequence: found, reason: `it does not follow event ${found - 1}: one of the two was exchanged` };
  }
  return { sequence: found, reason: "its columns do not say what its body says: lists and filters were altered" };
}

/** Events without a sequence, which the walk does not meet: they were written while the seal was off. */
async function findUnsealed(source: Database, reached: ChainPlace): Promise<ChainFault | null> {
  const [row] = await source.$queryRaw<{ id: string }[]>`
    SELECT "id" FROM "AuditEvent" WHERE "sequence" IS NULL OR "sequence" < 1 ORDER BY "id" LIMIT 1`;
  if (!row) return null;
  return { sequence: reached.sequence + 1, reason: `an event without a seal was put into the history (${row.id})` };
}
