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
    WITH place AS (
      SELECT b."id" FROM "Binding" b JOIN "Binding" looked ON b."sourceId" = looked."sourceId" AND b."path" = looked."path"
      WHERE looked."id" = ${bindingId}),
    called AS (
      UPDATE "Binding" SET "newestId" = CASE WHEN "newestId" = ${formerId} THEN ${newestId} ELSE "newestId" END,
        "begunOf" = CASE WHEN "begunOf" = ${formerId} THEN ${newestId} ELSE "begunOf" END
      WHERE "id" IN (SELECT "id" FROM place) AND ${formerId} IN ("newestId", "begunOf"))
    UPDATE "Version" SET "sourceVersionId" = ${newestId}
    WHERE "bindingId" IN (SELECT "id" FROM place) AND "sourceVersionId" = ${formerId}`;
}
