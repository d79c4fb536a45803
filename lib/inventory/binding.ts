import "server-only";
import { database } from "#lib/db/client.ts";
import { allowed } from "#lib/policy/rules.ts";
import type { Actor } from "#lib/policy/schema.ts";
import type { BindingMode } from "#lib/settings/schema.ts";
import type { Take } from "#lib/sources/schema.ts";
import type { BindingView } from "./schema.ts";

/**
 * Where the secret's values come from, and whether both sides agree; null where it is bound to nothing. Read with each
 * page: what a source has is no event of the history.
 */
export async function readBinding(actor: Actor, secretId: string): Promise<BindingView | null> {
  const [row, current] = await Promise.all([
    database().binding.findUnique({ where: { secretId }, include: { source: true } }),
    database().version.findFirst({ where: { secretId, state: "current" } }),
  ]);
  if (!row) return null;
  const { source, path, mode, boundBy, boundAt, newestId, lookedAt } = row;
  const currentId = current?.sourceVersionId ?? null;
  return {
    sourceName: source.name,
    path,
    take: row.take as Take,
    mode: mode as BindingMode,
    boundBy,
    boundAt: boundAt.toISOString(),
    newestId,
    currentId,
    isDeleted: row.newestState === "deleted",
    agreement: newestId === null || currentId === null ? "unknown" : newestId === currentId ? "agrees" : "differs",
    lookedAt: lookedAt?.toISOString() ?? null,
    failure: failureOf(row.source) ?? failureOf(row),
    together: [],
    can: allowed(actor, {
      "secret.unbind": { secretId },
      "secret.compare": { secretId },
      "secret.rotate": { secretIds: [secretId] },
    }),
  };
}

function failureOf({ failure, failingSince }: { failure: string | null; failingSince: Date | null }) {
  return failure === null || failingSince === null ? null : { sentence: failure, since: failingSince.toISOString() };
}
