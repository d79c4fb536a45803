import type { Metadata } from "next";
import Link from "next/link";
import { ButtonLink } from "#components/button.tsx";
import { Card, CardHeader } from "#components/card.tsx";
import { ChainStatus } from "#components/chain-status.tsx";
import { ClockTime } from "#components/clock-time.tsx";
import { EmptyState } from "#components/empty-state.tsx";
import { EventLines } from "#components/event-line.tsx";
import { FindingKinds } from "#components/finding-kinds.tsx";
import { FindingList } from "#components/finding-list.tsx";
import { needText, notesText } from "#components/finding-words.ts";
import { OperationList } from "#components/operation-list.tsx";
import { PageHeader } from "#components/page-header.tsx";
import { chainState } from "#lib/audit/queries.ts";
import { requireActor } from "#lib/auth/require.ts";
import { frame, overview } from "#lib/inventory/queries.ts";
import type { OverviewView } from "#lib/inventory/schema.ts";

export const metadata: Metadata = { title: "Overview" };

/** What needs a person first, each with its mend; then how the Swarm stands, and what happened lately. */
export default async function OverviewPage() {
  const actor = await requireActor();
  const [view, { asOf, connection }, chain] = await Promise.all([overview(actor), frame(actor), chainState()]);
  const isLost = connection.state === "lost";
  return (
    <>
      <PageHeader
        title={needText(view.needAttention, isLost)}
        sentence={
          <>
            {notesText(view)}
            {view.swarmSentence}
            {asOf && (
              <>
                {" "}
                As of <ClockTime at={asOf} />.
              </>
            )}
          </>
        }
      />
      <div className="grid items-start gap-[18px] xl:grid-cols-[minmax(0,1fr)_400px]">
        <div className="grid min-w-0 gap-[18px]">
          <Card>
            {view.isCut && (
              <div className="border-line border-b">
                <FindingKinds kinds={view.kinds} />
              </div>
            )}
            {view.findings.length === 0 ? (
              <EmptyState
                title={needText(0, isLost)}
                sentence={`Everything that Skep watches ${isLost ? "was" : "is"} as it should be.`}
              />
            ) : (
              <FindingList findings={view.findings} />
            )}
            {view.isCut && <WholeList {...view} />}
          </Card>
          <Tiles counts={view.counts} />
          {view.operations.length > 0 && (
            <Card>
              <CardHeader title="Operations">
                <Link href="/operations" className="underline decoration-line2 underline-offset-2 hover:text-ink">
                  all
                </Link>
              </CardHeader>
              <OperationList rows={view.operations.slice(0, 6)} />
            </Card>
          )}
        </div>
        <Card>
          <CardHeader title="Latest">
            <Link href="/audit" className="hover:underline">
              <ChainStatus chain={chain} />
            </Link>
          </CardHeader>
          {view.latest.length === 0 ? (
            <p className="px-[14px] pb-4 text-soft">Nothing has happened yet.</p>
          ) : (
            <EventLines events={view.latest} isNarrow />
          )}
        </Card>
      </div>
    </>
  );
}

/** What the overview has no room for. */
function WholeList({ needAttention, notes }: Pick<OverviewView, "needAttention" | "notes">) {
  return (
    <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 border-line border-t px-3 py-[5px] text-soft max-md:py-3">
      <span>These are the most pressing of {(needAttention + notes).toLocaleString("en")}.</span>
      <ButtonLink href="/findings">See all of them</ButtonLink>
    </div>
  );
}

function Tiles({ counts: { secrets, unmanaged, services, servicesWithSecrets } }: Pick<OverviewView, "counts">) {
  const tiles = [
    {
      href: "/secrets",
      figure: secrets,
      words: unmanaged > 0 ? `secrets, ${unmanaged.toLocaleString("en")} unmanaged` : "secrets",
    },
    { href: "/services", figure: services, words: `services, ${servicesWithSecrets.toLocaleString("en")} use secrets` },
  ];
  return (
    <div className="grid grid-cols-2 gap-[14px]">
      {tiles.map(({ href, figure, words }) => (
        <Link
          key={href}
          href={href}
          className="rounded-card border border-line bg-panel px-[15px] py-[13px] shadow-card hover:border-line2"
        >
          <b className="num block font-semibold text-[23px] leading-tight tracking-tight">
            {figure.toLocaleString("en")}
          </b>
          <span className="text-soft">{words}</span>
        </Link>
      ))}
    </div>
  );
}
