import type { Metadata } from "next";
import { EmptyState } from "#components/empty-state.tsx";
import { PageHeader } from "#components/page-header.tsx";
import { Section } from "#components/section.tsx";
import { findPermit, requireActor } from "#lib/auth/require.ts";
import { isAllowed } from "#lib/policy/rules.ts";
import { listRotators } from "#lib/settings/rotator-queries.ts";
import { add } from "./actions.ts";
import { RotatorForm } from "./rotator-form.tsx";
import { RotatorList } from "./rotator-list.tsx";

export const metadata: Metadata = { title: "Rotators" };

/** Where passwords are set: which login of which database or address, how they are made, and which secrets hold them. */
export default async function RotatorsPage() {
  const permit = await findPermit("rotator.read", {});
  if (!permit) {
    return (
      <EmptyState
        title="Operators see where passwords are set."
        sentence="Ask one of them, or an administrator, at which rotator a secret's password is set."
      />
    );
  }
  const [rotators, canEdit] = [await listRotators(permit), isAllowed(await requireActor(), "rotator.edit", {})];
  return (
    <>
      <PageHeader title={titleOf(rotators.length)} sentence={sentence} />
      {rotators.length > 0 && (
        <Section title="Rotators">
          <RotatorList rotators={rotators} canEdit={canEdit} />
        </Section>
      )}
      {canEdit ? (
        <Section
          title="Add a rotator"
          sentence="It is asked at once whether Skep may set these passwords. Then attach secrets to it, each from its own page."
        >
          <RotatorForm action={add} submit="Add the rotator" />
        </Section>
      ) : (
        rotators.length === 0 && (
          <EmptyState
            title="No rotator yet."
            sentence="An administrator adds one: a PostgreSQL database or an HTTP address."
          />
        )
      )}
    </>
  );
}

const sentence =
  "The other side of a password. With a rotation, Skep sets the new password there, signs in with it as a test, and only then moves services to it. Its own login is in a file, never in Postgres.";

function titleOf(rotators: number): string {
  if (rotators === 0) return "No rotator yet";
  return rotators === 1 ? "One rotator" : `${rotators} rotators`;
}
