import "server-only";
import type { Transaction } from "#lib/db/transaction.ts";
import type { SourceSettings } from "#lib/sources/schema.ts";

/** Whether paths and ids of versions mean the same as before: who signs in, and by which certificate, changes neither. */
export function isSamePlace(one: SourceSettings, other: SourceSettings): boolean {
  return JSON.stringify(placeOf(one)) === JSON.stringify(placeOf(other));
}

function placeOf(settings: SourceSettings): (string | null)[] {
  switch (settings.kind) {
    case "vault":
      return [settings.address, settings.namespace, settings.mount, settings.versionField];
    case "aws":
      return [settings.region, settings.endpoint, settings.role?.arn ?? null];
    case "http":
      return [settings.address, JSON.stringify(settings.versionFrom)];
  }
}

/** What was known of another place is forgotten: each secret's next look begins anew. */
export async function beginAnew(tx: Transaction, sourceId: string): Promise<void> {
  await tx.$executeRaw`
    UPDATE "Binding" SET "id" = gen_random_uuid()::text, "newestId" = NULL, "newestState" = NULL, "newestSince" = NULL,
      "begunId" = NULL, "begunOf" = NULL, "begunCount" = 0
    WHERE "sourceId" = ${sourceId}`;
}
