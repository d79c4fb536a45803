import type { Metadata } from "next";
import { ButtonLink } from "#components/button.tsx";
import { Card } from "#components/card.tsx";
import { EmptyState } from "#components/empty-state.tsx";
import { OperationList } from "#components/operation-list.tsx";
import { PageHeader } from "#components/page-header.tsx";
import { requireActor } from "#lib/auth/require.ts";
import { listOperations, openOperations } from "#lib/operations/queries.ts";
import { agreeing } from "#lib/words.ts";

export const metadata: Metadata = { title: "Operations" };

export default async function OperationsPage() {
  await requireActor();
  const [open, all] = await Promise.all([openOperations(), listOperations()]);
  const waiting = open.filter(({ state }) => state === "needs-attention").length;
  const openIds = new Set(open.map(({ id }) => id));
  const rows = [...open, ...all.filter(({ id }) => !openIds.has(id))];
  return (
    <>
      <PageHeader
        title={
          waiting > 0
            ? `${waiting} ${agreeing(waiting, "needs", "need")} a decision`
            : open.length > 0
              ? `${open.length} under way`
              : "Nothing under way"
        }
        sentence="Everything that Skep did or does to the Swarm, newest first."
      />
      <Card>
        {rows.length > 0 ? (
          <OperationList rows={rows} />
        ) : (
          <EmptyState title="Nothing has been done yet" sentence="Adopt a secret or make one, then rotate it.">
            <ButtonLink href="/secrets" isPrimary>
              To the secrets
            </ButtonLink>
          </EmptyState>
        )}
      </Card>
    </>
  );
}
