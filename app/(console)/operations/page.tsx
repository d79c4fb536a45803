import type { Metadata } from "next";
import { ButtonLink } from "#components/button.tsx";
import { Card } from "#components/card.tsx";
import { EmptyState } from "#components/empty-state.tsx";
import { addressOf, type Query, textIn } from "#components/filters/query.ts";
import { OperationList } from "#components/operation-list.tsx";
import { PageHeader } from "#components/page-header.tsx";
import { RowKeys } from "#components/row-keys.tsx";
import { requireActor } from "#lib/auth/require.ts";
import { endedOperations, openOperations } from "#lib/operations/queries.ts";
import type { OperationRow } from "#lib/operations/schema.ts";
import { agreeing } from "#lib/words.ts";
import { filterIn, filterNames } from "./filter.ts";
import { Filters } from "./filters.tsx";

export const metadata: Metadata = { title: "Operations" };

/** What is under way stands first, whatever its age; what has ended follows, page by page. */
export default async function OperationsPage({ searchParams }: { searchParams: Promise<Query> }) {
  await requireActor();
  const query = await searchParams;
  const { state, outcome, unverified, ...filter } = filterIn(query);
  const [before, after] = [textIn(query, "before") || undefined, textIn(query, "after") || undefined];
  const isFiltered = filterNames.some((name) => textIn(query, name) !== "");
  const [open, found, ended] = await Promise.all([
    openOperations(),
    isFiltered && !outcome && !unverified ? openOperations({ ...filter, state }) : [],
    state ? nothing : endedOperations({ ...filter, outcome, unverified }, { before, after }),
  ]);
  const rows = ended.newer === null ? [...(isFiltered ? found : open), ...ended.rows] : ended.rows;
  const isNarrowed = isFiltered || before !== undefined;
  return (
    <>
      <PageHeader title={titleOf(open)} sentence="Everything that Skep did or does to the Swarm, newest first." />
      <Filters query={query} />
      <RowKeys>
        <Card>{rows.length > 0 ? <OperationList rows={rows} /> : <Empty isNarrowed={isNarrowed} />}</Card>
      </RowKeys>
      <nav aria-label="Pages" className="mt-3 flex gap-2 empty:hidden">
        {ended.newer !== null && <PageLink query={query} change={{ after: ended.newer }} word="Newer" />}
        {ended.older !== null && <PageLink query={query} change={{ before: ended.older }} word="Older" />}
      </nav>
    </>
  );
}

const nothing = { rows: [], newer: null, older: null };

type PageLinkProps = { query: Query; change: { before?: string; after?: string }; word: string };

function PageLink({ query, change, word }: PageLinkProps) {
  const href = addressOf("/operations", query, { before: undefined, after: undefined, ...change });
  return <ButtonLink href={href}>{word}</ButtonLink>;
}

function titleOf(open: readonly OperationRow[]): string {
  const waiting = open.filter(({ state }) => state === "needs-attention").length;
  if (waiting > 0) return `${waiting} ${agreeing(waiting, "needs", "need")} a decision`;
  return open.length > 0 ? `${open.length} under way` : "Nothing under way";
}

function Empty({ isNarrowed }: { isNarrowed: boolean }) {
  if (isNarrowed) {
    return (
      <EmptyState title="No operation matches" sentence="Widen the filters, or look at all of them.">
        <ButtonLink href="/operations">All operations</ButtonLink>
      </EmptyState>
    );
  }
  return (
    <EmptyState title="Nothing has been done yet" sentence="Adopt a secret or make one, then rotate it.">
      <ButtonLink href="/secrets" isPrimary>
        To the secrets
      </ButtonLink>
    </EmptyState>
  );
}
