import type { Metadata } from "next";
import Link from "next/link";
import { Ago } from "#components/ago.tsx";
import { ButtonLink } from "#components/button.tsx";
import { Card, CardHeader } from "#components/card.tsx";
import { ChainStatus } from "#components/chain-status.tsx";
import { ClockTime } from "#components/clock-time.tsx";
import { EmptyState } from "#components/empty-state.tsx";
import { EventLines } from "#components/event-line.tsx";
import { FindingStatus } from "#components/finding-status.tsx";
import { Parts, Sentence } from "#components/mono.tsx";
import { OperationList } from "#components/operation-list.tsx";
import { PageHeader } from "#components/page-header.tsx";
import { chainState } from "#lib/audit/queries.ts";
import { requireActor } from "#lib/auth/require.ts";
import type { Finding } from "#lib/findings/schema.ts";
import { frame, overview } from "#lib/inventory/queries.ts";
import type { OverviewView } from "#lib/inventory/schema.ts";
import { agreeing, counted } from "#lib/words.ts";

export const metadata: Metadata = { title: "Overview" };

/** What needs a person first, each with its mend; then how the Swarm stands, and what happened lately. */
export default async function OverviewPage() {
  const actor = await requireActor();
  const [view, { asOf, connection }, chain] = await Promise.all([overview(actor), frame(actor), chainState()]);
  const isLost = connection.state === "lost";
  const hasTimes = view.findings.some(({ since }) => since !== null);
  return (
    <>
      <PageHeader
        title={titleOf(view.needAttention, isLost)}
        sentence={
          <>
            {noteSentence(view)}
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
            {view.findings.length === 0 ? (
              <EmptyState
                title={titleOf(0, isLost)}
                sentence={`Everything that Skep watches ${isLost ? "was" : "is"} as it should be.`}
              />
            ) : (
              <ul className="divide-y divide-line">
                {view.findings.map((finding) => (
                  <FindingLine key={keyOf(finding)} finding={finding} hasTimes={hasTimes} />
                ))}
              </ul>
            )}
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

/** Where nobody knows since when any of them is, there is no column for it. */
function FindingLine({ finding, hasTimes }: { finding: Finding; hasTimes: boolean }) {
  const { parts, hint, mend, since } = finding;
  return (
    <li
      className={`grid min-h-[41px] grid-cols-[1fr_auto] items-center gap-x-4 gap-y-1.5 px-3 py-[5px] max-md:py-3 ${hasTimes ? "md:grid-cols-[96px_minmax(0,1fr)_auto_72px]" : "md:grid-cols-[96px_minmax(0,1fr)_auto]"}`}
    >
      <span>
        <FindingStatus finding={finding} />
      </span>
      <span className="max-md:order-2 max-md:col-span-2">
        <Parts parts={parts} />
        {hint && (
          <span className="block text-faint">
            <Sentence text={hint} />
          </span>
        )}
      </span>
      <span className="empty:hidden max-md:order-3 max-md:col-span-2 md:justify-self-end md:empty:block">
        {mend && <ButtonLink href={mend.href}>{mend.label}</ButtonLink>}
      </span>
      {hasTimes && <span className="text-right text-faint max-md:order-1">{since && <Ago at={since} />}</span>}
    </li>
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

function titleOf(count: number, isLost: boolean): string {
  const things = count === 0 ? "Nothing" : counted(count, "thing");
  if (isLost) return `${things} needed you when the Swarm was last seen`;
  return `${things} ${agreeing(count || 1, "needs", "need")} you`;
}

/** What is only worth knowing is in the list too, below. */
function noteSentence({ findings, needAttention }: OverviewView): string {
  const notes = findings.filter(({ severity }) => severity === "note").length;
  if (notes === 0) return "";
  return `${notes} ${needAttention > 0 ? "more " : ""}${agreeing(notes, "is", "are")} worth knowing. `;
}

function keyOf({ rule, secretId, serviceId, operationId, parts }: Finding): string {
  return [rule, secretId, serviceId, operationId, ...parts.map(({ text }) => text)].join(" ");
}
