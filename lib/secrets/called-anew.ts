import "server-only";
import type { Transaction } from "#lib/db/transaction.ts";

type CalledAnew = { bindingId: string; formerId: string; newestId: string };

/**
 * The newest version of a binding's place has another id than it was kept by, and is no other version: it is called by it
 * wherever something was kept of it for that place.
 */
export async function callAnew(db: Pick<Transaction, "$executeRaw">, called: CalledAnew): Promise<void> {
  const { bindingId, formerId, newestId } = called;
  await db.$executeRaw`
    WITH same AS (
      UPDATE "Binding" b SET "newestId" = CASE WHEN b."newestId" = ${formerId} THEN ${newestId} ELSE b."newestId" END,
        "begunOf" = CASE WHEN b."begunOf" = ${formerId} THEN ${newestId} ELSE b."begunOf" END
      FROM "Binding" looked
      WHERE looked."id" = ${bindingId} AND b."sourceId" = looked."sourceId" AND b."path" = looked."path"
      RETURNING b."id")
    UPDATE "Version" SET "sourceVersionId" = ${newestId}
    WHERE "bindingId" IN (SELECT "id" FROM same) AND "sourceVersionId" = ${formerId}`;
}
