import "server-only";
import type { Transaction } from "#lib/db/transaction.ts";

/** A source that is left alone after a failure is asked at once: somebody says that there is a reason to. Not where it asked for fewer questions itself. */
export async function askAgain(tx: Transaction, sourceId: string): Promise<void> {
  await tx.$executeRaw`UPDATE "Source" SET "nextAskAt" = NULL
    WHERE "id" = ${sourceId} AND "failureCode" IS DISTINCT FROM 'source-throttled'`;
}
