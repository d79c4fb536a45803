import "server-only";
import { database } from "#lib/db/client.ts";
import type { Permit } from "#lib/policy/permit.ts";
import type { ShownListing, SourceRow } from "#lib/sources/schema.ts";
import { openedSource, settingsOf } from "./opened-sources.ts";
import { sourceText } from "./source-text.ts";

export async function listSources(_permit: Permit<"source.read">): Promise<SourceRow[]> {
  const rows = await database().source.findMany({
    orderBy: { name: "asc" },
    include: { _count: { select: { bindings: { where: { secret: { removedAt: null } } } } } },
  });
  return rows.map(({ id, name, settings: stored, failure, failingSince, nextAskAt, _count }) => {
    const settings = settingsOf(name, stored);
    return {
      id,
      name,
      settings,
      kind: settings.kind,
      text: sourceText(settings),
      bound: _count.bindings,
      failure:
        failure === null || failingSince === null
          ? null
          : { sentence: failure, since: failingSince.toISOString(), nextAskAt: nextAskAt?.toISOString() ?? null },
      webhookPath: `/api/sources/${id}`,
    };
  });
}

/** Names below a folder, for whoever may bind a secret to one of them. Values are not read. */
export async function browseSource(
  _permit: Permit<"source.edit">,
  { sourceId, folder, page }: { sourceId: string; folder: string; page?: string | undefined },
): Promise<ShownListing> {
  return { folder, ...(await (await openedSource(sourceId)).browse(folder, page)) };
}
