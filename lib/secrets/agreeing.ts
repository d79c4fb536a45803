import "server-only";
import { transactionTime } from "#lib/db/time.ts";
import type { Transaction } from "#lib/db/transaction.ts";

type Agreeing = { versionId: string | null; sourceVersionId: string | null; bindingId: string };

/** The version that was compared has the value of this one at its source, as long as it is the current one: what came meanwhile was not compared. */
export async function markAgreeing(
  tx: Transaction,
  { versionId, sourceVersionId, bindingId }: Agreeing,
): Promise<void> {
  if (versionId === null || sourceVersionId === null) return;
  const compared = { id: versionId, state: "current" };
  const data = { sourceVersionId, bindingId, agreedAt: await transactionTime(tx) };
  await tx.version.updateMany({ where: compared, data });
}
