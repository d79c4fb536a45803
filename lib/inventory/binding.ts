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
  const row = await database().binding.findUnique({
    where: { secretId },
    include: { source: true, secret: { include: { versions: { where: { state: "current" } } } } },
  });
  if (!row) return null;
  const { source, path, mode, boundBy, boundAt, newestId, lookedAt } = row;
  const [current] = row.secret.versions;
  // By another binding, an id means another version.
  const currentId = current?.bindingId === row.id ? current.sourceVersionId : null;
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
    failure: failureOf(source) ?? failureOf(row),
    together: await boundTogether(row),
    can: row.secret.removedAt
      ? []
      : allowed(actor, {
          "secret.unbind": { secretId },
          "secret.compare": { secretId },
          "secret.look": { secretId },
          "secret.rotate": { secretIds: [secretId] },
        }),
  };
}

/** Others that take their values from the same place: what changes there, changes for all of them. */
async function boundTogether({ secretId, sourceId, path }: { secretId: string; sourceId: string; path: string }) {
  const others = await database().binding.findMany({
    where: { sourceId, path, secretId: { not: secretId }, secret: { removedAt: null } },
    select: { secret: { select: { id: true, name: true } } },
    orderBy: { secretId: "asc" },
  });
  return others.map(({ secret: { id, name } }) => ({ secretId: id, name }));
}

function failureOf({ failure, failingSince }: { failure: string | null; failingSince: Date | null }) {
  return failure === null || failingSince === null ? null : { sentence: failure, since: failingSince.toISOString() };
}
