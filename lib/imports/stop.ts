import "server-only";
import { eventActor } from "#lib/audit/actor.ts";
import { appendAudit } from "#lib/audit/append.ts";
import { transaction } from "#lib/db/transaction.ts";
import { AppError } from "#lib/errors.ts";
import type { Permit } from "#lib/policy/permit.ts";
import { requireImport } from "./require-import.ts";

/** Nothing more of it is begun. What is under way is carried to its end, and what is left can be tried again. */
export async function stopImport(permit: Permit<"secret.import">, importId: string): Promise<void> {
  const { actor } = permit;
  await transaction(async (tx) => {
    const { clusterId, sourceId, sourceName } = await requireImport(tx, importId);
    const failure = `${actor.type === "person" ? actor.name : "Skep"} stopped the import before its turn.`;
    // What is asked about just now, and has no operation yet, is not begun either: its lease goes with the operation's commit.
    const count = await tx.$executeRaw`
      UPDATE "ImportItem" i SET "state" = 'failed', "failureCode" = 'stopped', "failure" = ${failure},
        "token" = "token" + 1, "leaseUntil" = NULL, "operationId" = NULL
      WHERE "importId" = ${importId} AND ("state" = 'waiting' OR ("state" = 'running' AND "leaseUntil" IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM "Operation" o WHERE o."id" = i."operationId")))`;
    if (count === 0) throw new AppError("plan-changed", "Nothing of it waits any more. Look at it again.");
    await appendAudit(tx, {
      actor: eventActor(actor),
      clusterId,
      operationId: null,
      detail: { type: "import.stopped", importId, source: { id: sourceId, name: sourceName }, count },
    });
  });
}
