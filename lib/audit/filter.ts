import "server-only";
import { joinSql, type Sql, sql } from "#lib/db/sql.ts";
import { operationKinds } from "#lib/policy/schema.ts";
import type { EventFilter, Unverified } from "./schema.ts";

/** The filter as SQL over "AuditEvent" e. Only sealed events are part of the history. */
export function whereOf(filter: EventFilter): Sql {
  const conditions = [sql`e."sequence" IS NOT NULL`, ...conditionsOf(filter)];
  return joinSql(conditions, " AND ");
}

function conditionsOf(asked: EventFilter): Sql[] {
  const filter = withoutNul(asked);
  const { person, secret, service, outcome, from, to } = filter;
  const conditions: Sql[] = [];
  if (!filter.withCalls && !filter.action?.startsWith("call")) {
    conditions.push(sql`e."type" NOT IN ('call.intended', 'call.ended')`);
  }
  if (person) conditions.push(sql`(e."actorId" = ${person} OR e."actorName" = ${person})`);
  if (filter.action) conditions.push(actionCondition(filter.action));
  if (secret) conditions.push(secretCondition(secret));
  if (service) {
    conditions.push(
      sql`(e."serviceNames" @> ARRAY[${service}]::text[] OR e."subjectIds" @> ARRAY[${service}]::text[])`,
    );
  }
  if (outcome) conditions.push(outcomeCondition(outcome));
  if (isTime(from)) conditions.push(sql`e."occurredAt" >= ${timeOf(from)}`);
  if (isTime(to)) conditions.push(sql`e."occurredAt" < ${timeOf(to)}`);
  if (filter.onlyOutside) conditions.push(fromOutside);
  for (const word of wordsOf(filter.search)) conditions.push(searchCondition(word));
  return conditions;
}

/** What came of another hand, and what the Swarm then took back itself. */
const fromOutside = sql`(e."type" LIKE 'outside.%' OR e."type" = 'swarm.rolled-back')`;

/** A kind of operation, a type, or a family of types. */
function actionCondition(action: string): Sql {
  if ((operationKinds as readonly string[]).includes(action)) {
    return sql`(e."type" IN ('operation.intended', 'operation.ended')
      AND convert_from(e."body", 'UTF8')::jsonb->'detail'->>'kind' = ${action})`;
  }
  if (action === "outside") return fromOutside;
  return action.includes(".") ? sql`e."type" = ${action}` : sql`starts_with(e."type", ${`${action}.`}::text)`;
}

/** By name or ID; the objects of its versions, under which changes from outside are written, belong to it. */
function secretCondition(secret: string): Sql {
  return sql`(e."secretNames" @> ARRAY[${secret}]::text[] OR e."subjectIds" @> ARRAY[${secret}]::text[]
    OR e."secretNames" && ARRAY(SELECT v."objectName" FROM "Version" v JOIN "Secret" s ON s."id" = v."secretId"
      WHERE s."name" = ${secret} OR s."id" = ${secret}))`;
}

/** An operation that has not ended is running, whatever its intent says of itself. */
function outcomeCondition(outcome: string): Sql {
  const open = sql`EXISTS (SELECT 1 FROM "Operation" o WHERE o."id" = e."operationId" AND o."state" <> 'ended')`;
  const began = sql`e."type" IN ('operation.intended', 'operation.undo-began')`;
  if (outcome === "running") return sql`(${began} AND ${open})`;
  if (outcome === "intended") return sql`((e."outcome" = 'intended' OR ${began}) AND NOT (${began} AND ${open}))`;
  if (Object.hasOwn(hasEnded, outcome)) return hasEnded[outcome as keyof typeof hasEnded];
  const others = joinSql(Object.values(hasEnded), " OR ");
  return outcome === "done" || outcome === "mixed"
    ? sql`(e."outcome" = ${outcome} AND NOT (${others}))`
    : sql`e."outcome" = ${outcome}`;
}

const end = sql`convert_from(e."body", 'UTF8')::jsonb->'detail'`;

function unverified(how: Unverified): Sql {
  return sql`(e."type" = 'operation.ended' AND ${end}->>'outcome' = 'done'
    AND coalesce(${end}->>'verification', '') = ${how})`;
}

/** Ends of operations that the history's few outcomes do not tell apart. */
const hasEnded = {
  "left-out": sql`(e."type" = 'operation.ended' AND ${end}->>'outcome' = 'done-left-out')`,
  accepted: sql`(e."type" = 'operation.ended' AND ${end}->>'outcome' = 'accepted')`,
  "running-not-verified": unverified("running-not-verified"),
  "unverified-asleep": unverified("unverified-asleep"),
};

/** Each word somewhere: in the actor, the type, or a name. */
function searchCondition(word: string): Sql {
  const pattern = `%${word.replaceAll(/[\\%_]/g, (character) => `\\${character}`)}%`;
  return sql`(e."actorName" || ' ' || e."type" || ' ' || array_to_string(e."secretNames", ' ') || ' '
    || array_to_string(e."serviceNames", ' ') ILIKE ${pattern})`;
}

function wordsOf(search: string | undefined): string[] {
  return (search ?? "").split(/\s+/).filter(Boolean).slice(0, 8);
}

function isTime(text: string | undefined): text is string {
  return text !== undefined && !Number.isNaN(Date.parse(text));
}

/** Within the numbers that Postgres can hold: an address may have been typed by hand. */
function timeOf(text: string): Date {
  const earliest = 0;
  const latest = Date.UTC(9999, 0);
  return new Date(Math.min(Math.max(Date.parse(text), earliest), latest));
}

/** No name holds a NUL, and Postgres takes none. */
function withoutNul(filter: EventFilter): EventFilter {
  const entries = Object.entries(filter).map(([name, value]) => [
    name,
    typeof value === "string" ? value.replaceAll("\0", "") : value,
  ]);
  return Object.fromEntries(entries) as EventFilter;
}

/** The filter in words, for the line that says what was exported. */
export function filterInWords(filter: EventFilter): string {
  const entries = Object.entries(filter).filter(([, value]) => value !== undefined && value !== "" && value !== false);
  return entries.map(([name, value]) => `${name} ${String(value)}`).join(", ");
}
