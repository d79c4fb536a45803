import { setTimeout as pause } from "node:timers/promises";
import type pg from "pg";
import type { CallResult, SwarmCall } from "#lib/audit/schema.ts";
import { connectAs } from "#lib/db/connect.ts";
import type { StepName } from "#lib/operations/ledger.ts";
import type { StepFacts } from "#lib/operations/step-facts.ts";
import type { Ask } from "./skep.ts";

/** What a rotation does at a moment, by its ledger: where faults have to fall. */
export const phases = ["create", "update", "soak", "undo", "removal"] as const;
export type Phase = (typeof phases)[number];

export type Standing = {
  state: string;
  outcome: string | null;
  leaseOwner: string | null;
  isLeased: boolean;
  attention: { because: string; choices: string[] } | null;
  /** By Postgres's clock, which is this machine's. */
  now: number;
  steps: { name: StepName; subjectId: string; subjectName: string; state: string; facts: StepFacts }[];
};

/** A call that was written down before it was made, and what was written of its end. */
export type Intent = {
  callKey: string;
  at: number;
  call: SwarmCall;
  ends: { at: number; result: CallResult }[];
};

/** While Postgres is being restarted it is asked again. */
export async function ask<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const until = Date.now() + 30_000;
  for (;;) {
    try {
      return await connectAs(url, work);
    } catch (error) {
      if (Date.now() > until) throw error;
      await pause(200);
    }
  }
}

export async function readStanding(url: string, operationId: string): Promise<Standing> {
  return ask(url, async (client) => {
    const { rows } = await client.query(
      `SELECT state, outcome, "leaseOwner", coalesce("leaseUntil" > now(), false) AS "isLeased", attention,
         extract(epoch FROM now())::float8 * 1000 AS now FROM "Operation" WHERE id = $1`,
      [operationId],
    );
    const steps = await client.query(
      `SELECT name, "subjectId", "subjectName", state, facts FROM "OperationStep" WHERE "operationId" = $1 ORDER BY ordinal`,
      [operationId],
    );
    return { ...rows[0], steps: steps.rows };
  });
}

/**
 * The step by which the operation is inside this phase now: its call is written down and not ended, or its soak has begun
 * and is not over. Null where it is not.
 */
export function stepInside(phase: Phase, { state, steps, now }: Pick<Standing, "state" | "steps" | "now">) {
  if (state !== "open") return null;
  const inside = steps.find((step) => {
    if (step.state !== "running") return false;
    if (phase === "soak") return step.name === "watch" && Date.parse(step.facts.soakUntil ?? "") > now;
    return namesOf[phase].includes(step.name) && Boolean(step.facts.intent);
  });
  return inside ?? null;
}

const namesOf: Record<Exclude<Phase, "soak">, StepName[]> = {
  create: ["create"],
  update: ["move"],
  undo: ["undo"],
  removal: ["remove", "release"],
};

/** In which phase an instance is that asks before a call. */
export function phaseOfAsk({ call, subject }: Ask, { steps }: Pick<Standing, "steps">): Phase | null {
  if (call === "create") return "create";
  if (call === "remove") return "removal";
  const step = steps.find(({ subjectId, facts }) => subjectId === subject && (facts.intent || facts.fence));
  if (step?.name === "move") return "update";
  if (step?.name === "undo") return "undo";
  return step?.name === "release" ? "removal" : null;
}

export async function readIntents(url: string, operationId: string): Promise<Intent[]> {
  const { rows } = await ask(url, (client) =>
    client.query<{ type: string; callKey: string; at: number; body: string }>(
      `SELECT type, "callKey", extract(epoch FROM "occurredAt")::float8 * 1000 AS at, convert_from(body, 'UTF8') AS body
       FROM "AuditEvent" WHERE "operationId" = $1 AND type IN ('call.intended', 'call.ended') ORDER BY sequence`,
      [operationId],
    ),
  );
  const intents: Intent[] = [];
  for (const { type, callKey, at, body } of rows) {
    const { call, result } = (JSON.parse(body) as { detail: { call: SwarmCall; result: CallResult } }).detail;
    if (type === "call.intended") intents.push({ callKey, at, call, ends: [] });
    else intents.find((intent) => intent.callKey === callKey)?.ends.push({ at, result });
  }
  return intents;
}

/** Whom the last line of the history names as left out. */
export async function readLeftOut(url: string, operationId: string): Promise<string[]> {
  const { rows } = await ask(url, (client) =>
    client.query<{ body: string }>(
      `SELECT convert_from(body, 'UTF8') AS body FROM "AuditEvent" WHERE "operationId" = $1 AND type = 'operation.ended'`,
      [operationId],
    ),
  );
  const [{ body } = { body: "{}" }] = rows;
  const { detail } = JSON.parse(body) as { detail?: { leftOut?: { name: string }[] } };
  return (detail?.leftOut ?? []).map(({ name }) => name);
}
