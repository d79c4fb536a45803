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

/** Names below a folder, for whoever may bind secrets to them. Values are not read. */
export async function browseSource(
  _permit: Permit<"source.edit" | "secret.import">,
  { sourceId, folder, page }: { sourceId: string; folder: string; page?: string | undefined },
): Promise<ShownListing> {
  return { folder, ...(await (await openedSource(sourceId)).browse(folder, page)) };
}

/** All that is directly in a folder, folders left out, as many as are wanted at most: page after page. */
export async function browseWhole(
  permit: Permit<"secret.import">,
  { sourceId, folder, most }: { sourceId: string; folder: string; most: number },
): Promise<ShownListing> {
  const names: string[] = [];
  let page: string | undefined;
  for (let pages = 0; pages < mostPages; pages += 1) {
    const listing = await browseSource(permit, { sourceId, folder, page });
    names.push(...listing.names.filter((name) => !name.endsWith("/")));
    page = listing.next ?? undefined;
    if (page === undefined || names.length >= most) break;
  }
  return { folder, names: names.slice(0, most), next: page ?? (names.length > most ? "more" : null) };
}

/** A folder of folders may go on for ever, and holds nothing to choose. */
const mostPages = 50;
