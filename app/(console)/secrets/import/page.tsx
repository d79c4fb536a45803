import type { Metadata } from "next";
import Link from "next/link";
import { ButtonLink } from "#components/button.tsx";
import { EmptyState } from "#components/empty-state.tsx";
import { type Query, textIn } from "#components/filters/query.ts";
import { Mono } from "#components/mono.tsx";
import { NotAllowed } from "#components/not-allowed.tsx";
import { PageHeader } from "#components/page-header.tsx";
import { Section } from "#components/section.tsx";
import { Here } from "#components/shell/here.tsx";
import { findPermit } from "#lib/auth/require.ts";
import { listImports } from "#lib/imports/queries.ts";
import { listSources } from "#lib/settings/source-queries.ts";
import type { SourceRow } from "#lib/sources/schema.ts";
import { ImportDesk } from "./import-desk.tsx";
import { RecentImports } from "./recent-imports.tsx";

export const metadata: Metadata = { title: "Import" };

/** Many secrets at once out of a source: which one, what of it, under which names, the plan, and go. */
export default async function ImportPage({ searchParams }: { searchParams: Promise<Query> }) {
  const permit = await findPermit("secret.import", {});
  const reading = permit && (await findPermit("source.read", {}));
  if (!reading) return <NotAllowed backHref="/secrets" />;
  const [sources, imports] = await Promise.all([listSources(reading), listImports(permit)]);
  const asked = textIn(await searchParams, "source");
  const source = sources.find(({ id }) => id === asked) ?? (sources.length === 1 ? sources[0] : undefined);
  return (
    <div className="grid max-w-5xl gap-4">
      <Here>Import</Here>
      <PageHeader
        title="Import from a source"
        sentence="Each becomes a secret of the Swarm that is bound to its place there. Whoever controls a service that later gets one can read it; Skep itself keeps no copy."
      />
      {sources.length === 0 ? (
        <EmptyState
          title="There is no source yet"
          sentence="Add one first: Vault, AWS Secrets Manager or an HTTP address."
        >
          <ButtonLink href="/settings/sources" isPrimary>
            To the sources
          </ButtonLink>
        </EmptyState>
      ) : (
        <Section title="From which source" sentence={source ? undefined : "Choose one."}>
          <Sources sources={sources} chosen={source?.id} />
        </Section>
      )}
      {source && <ImportDesk key={source.id} source={{ id: source.id, name: source.name, kind: source.kind }} />}
      {imports.length > 0 && (
        <Section title="Recent imports">
          <RecentImports imports={imports} />
        </Section>
      )}
    </div>
  );
}

function Sources({ sources, chosen }: { sources: SourceRow[]; chosen: string | undefined }) {
  return (
    <ul className="grid gap-1.5 p-3 md:grid-cols-2">
      {sources.map(({ id, name, text, failure }) => (
        <li key={id}>
          <Link
            href={`/secrets/import?source=${encodeURIComponent(id)}`}
            aria-current={id === chosen ? "true" : undefined}
            prefetch={false}
            className="block h-full rounded-lg border border-line px-3 py-2 hover:border-line2 aria-[current=true]:border-honey-line aria-[current=true]:bg-honey-bg"
          >
            <span className="block font-medium">
              <Mono>{name}</Mono>
            </span>
            <span className="block text-small text-soft [overflow-wrap:anywhere]">{failure?.sentence ?? text}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
