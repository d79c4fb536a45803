import { Clock } from "lucide-react";
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { Ago } from "#components/ago.tsx";
import { Bar } from "#components/bar.tsx";
import { ButtonLink } from "#components/button.tsx";
import { Mono } from "#components/mono.tsx";
import { NotAllowed } from "#components/not-allowed.tsx";
import { Notice } from "#components/notice.tsx";
import { PageHeader } from "#components/page-header.tsx";
import { Section } from "#components/section.tsx";
import { Here } from "#components/shell/here.tsx";
import { findPermit } from "#lib/auth/require.ts";
import { findImport } from "#lib/imports/queries.ts";
import type { ImportView } from "#lib/imports/schema.ts";
import { ImportStatus } from "../import-status.tsx";
import { countsText } from "../words.ts";
import { RetryAll, StopButton } from "./import-buttons.tsx";
import { ItemList } from "./item-list.tsx";

export const metadata: Metadata = { title: "Import" };

/** How far an import is, secret by secret. It goes on without this page, and whoever comes back sees the same. */
export default async function ImportProgressPage({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  const permit = await findPermit("secret.import", {});
  if (!permit) return <NotAllowed backHref="/secrets" />;
  const view = await findImport(permit, id);
  if (!view) notFound();
  const { sourceName, startedBy, startedAt, counts, items, mode } = view;
  return (
    <div className="grid max-w-5xl gap-4">
      <Here>Import from {sourceName}</Here>
      <PageHeader
        title={
          <>
            Import from <Mono>{sourceName}</Mono>
          </>
        }
        status={<ImportStatus counts={counts} />}
        sentence={
          <>
            {countsText(counts)}. Begun by {startedBy} <Ago at={startedAt} />; new versions there{" "}
            {mode === "by-itself" ? "rotate by themselves" : "wait for a yes"}.
          </>
        }
      >
        <ButtonLink href={`/secrets/import?source=${encodeURIComponent(view.sourceId)}`}>Import more</ButtonLink>
        {counts.waiting > 0 && <StopButton importId={id} />}
        {counts.failed > 0 && <RetryAll importId={id} count={counts.failed} />}
      </PageHeader>
      <Bar
        value={counts.done}
        of={items.length}
        tone={counts.failed > 0 ? "honey" : "green"}
        label={countsText(counts)}
      />
      <Waiting view={view} />
      <Section title="Secrets">
        <ItemList importId={id} items={items} />
      </Section>
    </div>
  );
}

function Waiting({ view: { counts, sourceFailure } }: { view: ImportView }) {
  if (!sourceFailure || counts.waiting === 0) return null;
  return (
    <Notice tone="honey" icon={<Clock />}>
      {sourceFailure.sentence} What waits goes on by itself.
      {sourceFailure.nextAskAt && (
        <>
          {" "}
          Asked again <Ago at={sourceFailure.nextAskAt} />.
        </>
      )}
    </Notice>
  );
}
