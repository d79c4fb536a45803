import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { cache } from "react";
import { AgoOrExact } from "#components/ago.tsx";
import { ButtonLink } from "#components/button.tsx";
import { CodeBlock } from "#components/code-block.tsx";
import { Notice } from "#components/notice.tsx";
import { PageHeader } from "#components/page-header.tsx";
import { Section } from "#components/section.tsx";
import { Here } from "#components/shell/here.tsx";
import { requireActor } from "#lib/auth/require.ts";
import { type ByHandStep, type ByHandWay, findByHand } from "#lib/operations/by-hand.ts";
import { PrintButton } from "./print-button.tsx";

type Props = { params: Promise<{ id: string }> };

const load = cache(async (id: string) => findByHand(await requireActor(), id));

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const view = await load((await params).id);
  return { title: view ? `${view.title}, by hand` : "Operation" };
}

/** The way to either end of an operation in Docker's own commands, to be printed and kept: should Skep itself be gone. */
export default async function ByHandPage({ params }: Props) {
  const { id } = await params;
  const view = await load(id);
  if (!view) notFound();
  return (
    <>
      <Here>{view.title}, by hand</Here>
      <PageHeader
        title={`${view.title}, by hand`}
        sentence={
          view.state === "open" && (
            <>
              From where the Swarm was <AgoOrExact at={view.asOf} />.
            </>
          )
        }
      >
        <span className="flex gap-2 print:hidden">
          <ButtonLink href={`/operations/${id}`}>Back to the operation</ButtonLink>
          {view.state !== "ended" && <PrintButton />}
        </span>
      </PageHeader>
      {view.state === "ended" ? (
        <Notice tone="neutral">This operation has ended: there is nothing left to do by hand.</Notice>
      ) : (
        <div className="grid gap-[18px]">
          <Before view={view} />
          <div className="grid min-w-0 gap-2">
            <CodeBlock title="Where to run them: on a manager, or with this" text={view.connection.command} />
            <Notes notes={view.connection.notes} />
          </div>
          {view.state === "open" && view.ways.map((way) => <Way key={way.way} way={way} />)}
        </div>
      )}
    </>
  );
}

type View = NonNullable<Awaited<ReturnType<typeof findByHand>>>;

/** What to know before the first command, or why there is none. */
function Before({ view }: { view: Exclude<View, { state: "ended" }> }) {
  if (view.state === "not-seen") {
    return (
      <Notice tone="honey">
        Skep has not seen this operation's Swarm since it started, so it cannot say the commands. Reload this page once
        the Swarm answers. What the ledger says:
        {view.ledger.map((line) => (
          <span key={line} className="block text-ink">
            {line}
          </span>
        ))}
      </Notice>
    );
  }
  return (
    <Notice tone="honey">
      As long as Skep runs, it does this itself. These commands are for the day when it does not: stop Skep before the
      first one, so that two hands do not work at once.
      {view.onReturn.map((sentence) => (
        <span key={sentence} className="block">
          {sentence}
        </span>
      ))}
    </Notice>
  );
}

function Notes({ notes }: { notes: string[] }) {
  return notes.map((note) => (
    <p key={note} className="text-soft">
      {note}
    </p>
  ));
}

const titles: Record<ByHandWay["way"], string> = { finish: "Finish it", undo: "Or undo it" };

function Way({ way: { way, sentence, steps } }: { way: ByHandWay }) {
  return (
    <Section title={titles[way]} sentence={sentence}>
      {steps.length > 0 && (
        <ol className="divide-y divide-line">
          {steps.map((step, place) => (
            <Step key={step.title} step={step} number={place + 1} />
          ))}
        </ol>
      )}
    </Section>
  );
}

function Step({ step: { title, notes, commands }, number }: { step: ByHandStep; number: number }) {
  return (
    <li className="grid grid-cols-[24px_minmax(0,1fr)] gap-x-2 px-4 py-3 print:break-inside-avoid">
      <span className="num text-faint">{number}</span>
      <div className="grid min-w-0 gap-2">
        {commands.length === 0 && <p className="text-soft">{title}</p>}
        <Notes notes={notes} />
        {commands.length > 0 && <CodeBlock title={title} text={commands.join("\n")} />}
      </div>
    </li>
  );
}
