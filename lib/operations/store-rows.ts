import "server-only";
import type { OperationOutcome } from "#lib/audit/schema.ts";
import type { Prisma, Transaction } from "#lib/db/client.ts";
import type { Actor } from "#lib/policy/schema.ts";
import type { Attention, Direction, LedgerStep, Operation, Outage } from "./ledger.ts";
import type { Plan } from "./schema.ts";

export type OperationWithSteps = Prisma.OperationGetPayload<{ include: { steps: true } }>;

export async function readOperation(db: Transaction, id: string): Promise<Operation | null> {
  const row = await db.operation.findUnique({ where: { id }, include: { steps: { orderBy: { ordinal: "asc" } } } });
  return row && operationOf(row);
}

export function operationOf(row: OperationWithSteps): Operation {
  const { id, clusterId, revision, isValueInRequest, plan, actor, attention, outage } = row;
  return {
    id,
    clusterId,
    revision,
    isValueInRequest,
    kind: row.kind as Operation["kind"],
    state: row.state as Operation["state"],
    direction: row.direction as Direction,
    outcome: row.outcome as OperationOutcome | null,
    verification: row.verification as Operation["verification"],
    plan: plan as unknown as Plan,
    actor: actor as unknown as Actor,
    attention: attention as unknown as Attention | null,
    outage: outage as unknown as Outage | null,
    createdAt: row.createdAt.toISOString(),
    endedAt: isoOf(row.endedAt),
    nextWakeAt: isoOf(row.nextWakeAt),
    steps: row.steps.toSorted((a, b) => a.ordinal - b.ordinal).map(stepOf),
  };
}

function stepOf(row: OperationWithSteps["steps"][number]): LedgerStep {
  const { key, ordinal, subjectId, subjectName, attempt, failures, facts, errorText } = row;
  return {
    key,
    ordinal,
    subjectId,
    subjectName,
    attempt,
    failures,
    errorText,
    name: row.name as LedgerStep["name"],
    state: row.state as LedgerStep["state"],
    facts: facts as LedgerStep["facts"],
    startedAt: isoOf(row.startedAt),
    endedAt: isoOf(row.endedAt),
    nextLookAt: isoOf(row.nextLookAt),
    deadlineAt: isoOf(row.deadlineAt),
  };
}

/** All rows in one statement: a round of ten services is one save. */
export async function writeSteps(tx: Transaction, operationId: string, steps: readonly LedgerStep[]): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO "OperationStep" ("operationId", "key", "name", "ordinal", "subjectId", "subjectName", "state",
      "attempt", "failures", "facts", "errorText", "startedAt", "endedAt", "nextLookAt", "deadlineAt")
    SELECT ${operationId}, "key", "name", "ordinal", "subjectId", "subjectName", "state",
      "attempt", "failures", "facts", "errorText", "startedAt", "endedAt", "nextLookAt", "deadlineAt"
    FROM jsonb_to_recordset(${JSON.stringify(steps)}::jsonb) AS step("key" text, "name" text, "ordinal" int,
      "subjectId" text, "subjectName" text, "state" text, "attempt" int, "failures" int, "facts" jsonb,
      "errorText" text, "startedAt" timestamptz, "endedAt" timestamptz, "nextLookAt" timestamptz,
      "deadlineAt" timestamptz)
    ON CONFLICT ("operationId", "key") DO UPDATE SET "state" = excluded."state", "ordinal" = excluded."ordinal",
      "attempt" = excluded."attempt", "failures" = excluded."failures", "facts" = excluded."facts",
      "errorText" = excluded."errorText", "startedAt" = excluded."startedAt", "endedAt" = excluded."endedAt",
      "nextLookAt" = excluded."nextLookAt", "deadlineAt" = excluded."deadlineAt"`;
}

function isoOf(time: Date | null): string | null {
  return time?.toISOString() ?? null;
}
