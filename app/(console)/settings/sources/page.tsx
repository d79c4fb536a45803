import type { Metadata } from "next";
import { EmptyState } from "#components/empty-state.tsx";
import { PageHeader } from "#components/page-header.tsx";
import { Section } from "#components/section.tsx";
import { findPermit, requireActor } from "#lib/auth/require.ts";
import { isAllowed } from "#lib/policy/rules.ts";
import { listSources } from "#lib/settings/source-queries.ts";
import { counted } from "#lib/words.ts";
import { add } from "./actions.ts";
import { SourceForm } from "./source-form.tsx";
import { SourceList } from "./source-list.tsx";

export const metadata: Metadata = { title: "Sources" };

/** Where values come from that neither people nor generators make: how each is, since when, and how it is asked. */
export default async function SourcesPage() {
  const permit = await findPermit("source.read", {});
  if (!permit) {
    return (
      <EmptyState
        title="Operators see where values come from."
        sentence="Ask one of them, or an administrator, which source a secret takes its values from."
      />
    );
  }
  const [sources, canEdit] = [await listSources(permit), isAllowed(await requireActor(), "source.edit", {})];
  const failing = sources.filter(({ failure }) => failure !== null).length;
  return (
    <>
      <PageHeader title={titleOf(sources.length, failing)} sentence={sentence} />
      {sources.length > 0 && (
        <Section title="Sources">
          <SourceList sources={sources} canEdit={canEdit} />
        </Section>
      )}
      {canEdit ? (
        <Section title="Add a source" sentence="It is asked at once whether it takes the login.">
          <SourceForm action={add} submit="Add the source" />
        </Section>
      ) : (
        sources.length === 0 && (
          <EmptyState title="No source yet." sentence="An administrator adds one: Vault, AWS or an HTTP address." />
        )
      )}
    </>
  );
}

const sentence =
  "Where values live that Skep does not make. It reads them when a secret needs a new version, and keeps no copy. Its own login is in a file, never in Postgres.";

function titleOf(sources: number, failing: number): string {
  if (sources === 0) return "No source of values yet";
  if (failing > 0) return `${failing} of ${counted(sources, "source")} ${failing === 1 ? "gives" : "give"} nothing now`;
  return sources === 1 ? "One source of values" : `${sources} sources of values`;
}
