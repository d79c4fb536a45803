import "server-only";
import type { Transaction } from "#lib/db/transaction.ts";

type Agreeing = { versionId: string | null; sourceVersionId: string | null; bindingId: string };

/** The version that was compared has the value of this one at its source, as long as it is the current one: what came meanwhile was not compared. */
export async function markAgreeing(
  tx: Transaction,
  { versionId, sourceVersionId, bindingId }: Agreeing,
): Promise<void> {
  if (versionId === null || sourceVersionId === null) return;
  // By the same clock and as exact as `newestSince`, which it is held against.
  await tx.$executeRaw`
    UPDATE "Version" SET "sourceVersionId" = ${sourceVersionId}, "bindingId" = ${bindingId}, "agreedAt" = now()
    WHERE "id" = ${versionId} AND "state" = 'current'`;
}
