import { Download } from "lucide-react";
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { ButtonLink } from "#components/button.tsx";
import { Card } from "#components/card.tsx";
import { ClockTime } from "#components/clock-time.tsx";
import { EmptyState } from "#components/empty-state.tsx";
import { addressOf, type Query } from "#components/filters/query.ts";
import { PageHeader } from "#components/page-header.tsx";
import { RowKeys } from "#components/row-keys.tsx";
import { chainState, countEvents, eventsOfOperation, findActors, findEvents } from "#lib/audit/queries.ts";
import type { ChainState } from "#lib/audit/schema.ts";
import { findPermit, requireActor } from "#lib/auth/require.ts";
import { isAllowed } from "#lib/policy/rules.ts";
import { counted } from "#lib/words.ts";
import { EventRow } from "./event-row.tsx";
import { filterIn } from "./filter.ts";
import { Filters } from "./filters.tsx";
import { VerifyButton } from "./verify-button.tsx";

export const metadata: Metadata = { title: "Audit history" };

/** Who did what, when, from where, and whether the history still fits together. */
export default async function AuditPage({ searchParams }: { searchParams: Promise<Query> }) {
  const actor = await requireActor();
  const permit = await findPermit("audit.read", {});
  if (!permit) notFound();
  const query = await searchParams;
  const filter = filterIn(query);
  const before = Number(query.before) || undefined;
  const open = typeof query.open === "string" ? query.open : null;
  const [{ events, next }, exported, people, chain] = await Promise.all([
    findEvents(permit, filter, { before, limit: 50 }),
    countEvents(permit, { ...filter, withCalls: true }),
    findActors(permit),
    chainState(),
  ]);
  const opened = events.find(({ id, operationId }) => id === open && operationId !== null);
  const steps = opened?.operationId ? await eventsOfOperation(opened.operationId) : null;
  return (
    <>
      <PageHeader title="Audit history" sentence={<Chain chain={chain} />}>
        {isAllowed(actor, "audit.verify", {}) && <VerifyButton />}
        {isAllowed(actor, "audit.export", {}) && (
          <ButtonLink href={addressOf("/audit/export", query, {})} prefetch={false} icon={<Download />} download>
            Export {counted(exported, "line")}, steps too
          </ButtonLink>
        )}
      </PageHeader>
      <Filters query={query} people={people} />
      <Card>
        {events.length === 0 ? (
          <EmptyState title="No event matches" sentence="Widen the filters, or look at the whole history.">
            <ButtonLink href="/audit">The whole history</ButtonLink>
          </EmptyState>
        ) : (
          <RowKeys>
            <ol className="divide-y divide-line">
              {events.map((event) => (
                <EventRow
                  key={event.id}
                  event={event}
                  steps={event === opened ? steps : null}
                  openHref={addressOf("/audit", query, { open: event === opened ? undefined : event.id })}
                />
              ))}
            </ol>
          </RowKeys>
        )}
      </Card>
      {next !== null && (
        <div className="mt-3">
          <ButtonLink href={addressOf("/audit", query, { before: String(next), open: undefined })}>Older</ButtonLink>
        </div>
      )}
    </>
  );
}

function Chain({ chain }: { chain: ChainState }) {
  switch (chain.state) {
    case "empty":
      return "Nothing is written yet.";
    case "broken":
      return (
        <b className="font-semibold text-red">
          Broken at {chain.sequence.toLocaleString("en")}: {chain.reason}
        </b>
      );
    case "unprotected":
      return (
        <>
          <Consistent {...chain} /> The history lacks {chain.missing}.
        </>
      );
    case "consistent":
      return <Consistent {...chain} />;
  }
}

function Consistent({ upTo, at, walkedWholeAt }: { upTo: number; at: string; walkedWholeAt: string | null }) {
  return (
    <>
      Consistent up to {upTo.toLocaleString("en")}, <ClockTime at={at} />
      {walkedWholeAt !== null && (
        <>
          ; last walked whole at <ClockTime at={walkedWholeAt} />
        </>
      )}
      .
    </>
  );
}
