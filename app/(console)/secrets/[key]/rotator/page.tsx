import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { ButtonLink } from "#components/button.tsx";
import { EmptyState } from "#components/empty-state.tsx";
import { Mono } from "#components/mono.tsx";
import { NotAllowed } from "#components/not-allowed.tsx";
import { PageHeader } from "#components/page-header.tsx";
import { Section } from "#components/section.tsx";
import { Here } from "#components/shell/here.tsx";
import { findPermit, requireActor } from "#lib/auth/require.ts";
import { findSecret } from "#lib/inventory/queries.ts";
import type { SecretView } from "#lib/inventory/schema.ts";
import { isAllowed } from "#lib/policy/rules.ts";
import { listRotators } from "#lib/settings/rotator-queries.ts";
import { NotNow } from "../not-now.tsx";
import { AttachForm } from "./attach-form.tsx";
import { choicesOf } from "./choices.ts";
import { whyNotAttached } from "./offered.ts";

export const metadata: Metadata = { title: "Attach to a rotator" };

/** Attaches one secret to a rotator: which one, whose password the present value is, and how the secret is written. */
export default async function AttachPage({ params }: { params: Promise<{ key: string }> }) {
  const { key } = await params;
  const actor = await requireActor();
  const secret = await findSecret(actor, key);
  if (!secret?.id) notFound();
  const permit = await findPermit("rotator.read", {});
  if (!permit || !isAllowed(actor, "secret.attach", { secretId: secret.id }))
    return <NotAllowed backHref={`/secrets/${key}`} />;
  if (!secret.can.includes("secret.attach")) {
    return <NotNow title={<Title secret={secret} />} secretKey={key} why={whyNotAttached(secret)} />;
  }
  const rotators = choicesOf(await listRotators(permit));
  return (
    <div className="max-w-4xl">
      <Here>Attach {secret.name}</Here>
      <PageHeader
        title={<Title secret={secret} />}
        sentence="From then on each new version is a password that Skep sets there before services get it. Nothing is set now: the next rotation is the first."
      />
      {rotators.length === 0 ? (
        <EmptyState title="There is no rotator yet" sentence="Add one first: a PostgreSQL database or an HTTP address.">
          <ButtonLink href="/settings/rotators" isPrimary>
            To the rotators
          </ButtonLink>
        </EmptyState>
      ) : (
        <Section
          title="Where its passwords are set"
          sentence="All secrets of one rotator get their new versions together, in one rotation."
        >
          <AttachForm secretId={secret.id} backHref={`/secrets/${key}`} rotators={rotators} />
        </Section>
      )}
    </div>
  );
}

function Title({ secret: { name } }: { secret: SecretView }) {
  return (
    <>
      Attach <Mono>{name}</Mono> to a rotator
    </>
  );
}
