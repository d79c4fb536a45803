import type { Metadata } from "next";
import { ButtonLink } from "#components/button.tsx";
import { Card } from "#components/card.tsx";
import { EmptyState } from "#components/empty-state.tsx";
import { addressOf, type Query, textIn } from "#components/filters/query.ts";
import { FindingKinds } from "#components/finding-kinds.tsx";
import { FindingList } from "#components/finding-list.tsx";
import { needText, notesText } from "#components/finding-words.ts";
import { PageHeader } from "#components/page-header.tsx";
import { RowKeys } from "#components/row-keys.tsx";
import { requireActor } from "#lib/auth/require.ts";
import { findingRules } from "#lib/findings/schema.ts";
import { frame, listFindings } from "#lib/inventory/queries.ts";

export const metadata: Metadata = { title: "Findings" };

/** All of what the overview shows the first of, page by page. */
export default async function FindingsPage({ searchParams }: { searchParams: Promise<Query> }) {
  const actor = await requireActor();
  const query = await searchParams;
  const rule = findingRules.find((each) => each === textIn(query, "kind"));
  const [before, after] = [textIn(query, "before") || undefined, textIn(query, "after") || undefined];
  const [view, { connection }] = await Promise.all([listFindings(actor, { rule, before, after }), frame(actor)]);
  const isLost = connection.state === "lost";
  return (
    <>
      <PageHeader
        title={needText(view.needAttention, isLost)}
        sentence={`${notesText(view)}The most pressing first; of one kind, what has waited longest.`}
      />
      <RowKeys>
        <Card>
          {view.kinds.length > 0 && (
            <div className="border-line border-b">
              <FindingKinds kinds={view.kinds} shown={rule ?? null} />
            </div>
          )}
          {view.rows.length > 0 ? <FindingList findings={view.rows} /> : <Empty isNarrowed={view.kinds.length > 0} />}
        </Card>
      </RowKeys>
      <nav aria-label="Pages" className="mt-3 flex gap-2 empty:hidden">
        {view.previous !== null && <PageLink query={query} change={{ before: view.previous }} word="Previous" />}
        {view.next !== null && <PageLink query={query} change={{ after: view.next }} word="Next" />}
      </nav>
    </>
  );
}

type PageLinkProps = { query: Query; change: { before?: string; after?: string }; word: string };

function PageLink({ query, change, word }: PageLinkProps) {
  const href = addressOf("/findings", query, { before: undefined, after: undefined, ...change });
  return <ButtonLink href={href}>{word}</ButtonLink>;
}

function Empty({ isNarrowed }: { isNarrowed: boolean }) {
  if (!isNarrowed) return <EmptyState title="Nothing is found" sentence="Everything that Skep watches is in order." />;
  return (
    <EmptyState title="None of this kind any more" sentence="What was found of it has been mended meanwhile.">
      <ButtonLink href="/findings">All findings</ButtonLink>
    </EmptyState>
  );
}
