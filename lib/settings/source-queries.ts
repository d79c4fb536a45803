import "server-only";
import { database } from "#lib/db/client.ts";
import { isAppError } from "#lib/errors.ts";
import type { Permit } from "#lib/policy/permit.ts";
import { type ShownListing, type SourceRow, webhookPathOf } from "#lib/sources/schema.ts";
import { openedSource, settingsOf, storedKind, storedText } from "./opened-sources.ts";

export async function listSources(_permit: Permit<"source.read">): Promise<SourceRow[]> {
  const rows = await database().source.findMany({
    orderBy: { name: "asc" },
    include: { _count: { select: { bindings: { where: { secret: { removedAt: null } } } } } },
  });
  return rows.map(({ _count, ...row }) => sourceRow({ ...row, bound: _count.bindings }));
}

type Stored = Pick<SourceRow, "id" | "name" | "bound"> & {
  settings: unknown;
  changedAt: Date;
  failure: string | null;
  failingSince: Date | null;
  nextAskAt: Date | null;
};

/** One whose settings nobody understands is a row like the others, which says so. */
export function sourceRow({ id, name, bound, settings, ...row }: Stored): SourceRow {
  const common = { id, name, bound, text: storedText(settings), webhookPath: webhookPathOf(id) };
  try {
    const understood = settingsOf(name, settings);
    return { ...common, settings: understood, kind: understood.kind, failure: failureIn(row) };
  } catch (error) {
    if (!isAppError(error, "invalid-input")) throw error;
    const since = (row.failingSince ?? row.changedAt).toISOString();
    const failure = { sentence: error.publicMessage, since, nextAskAt: null };
    return { ...common, settings: null, kind: storedKind(settings) ?? "http", failure };
  }
}

function failureIn({ failure, failingSince, nextAskAt }: Pick<Stored, "failure" | "failingSince" | "nextAskAt">) {
  if (failure === null || failingSince === null) return null;
  return { sentence: failure, since: failingSince.toISOString(), nextAskAt: nextAskAt?.toISOString() ?? null };
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
