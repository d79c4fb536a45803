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
import { listSources } from "#lib/settings/source-queries.ts";
import { NotNow } from "../not-now.tsx";
import { BindForm } from "./bind-form.tsx";
import { whyNotBound } from "./offered.ts";

export const metadata: Metadata = { title: "Bind to a source" };

/** Binds one secret to a place at a source: which one, what of it is the value, and whether new versions rotate by themselves. */
export default async function BindPage({ params }: { params: Promise<{ key: string }> }) {
  const { key } = await params;
  const actor = await requireActor();
  const secret = await findSecret(actor, key);
  if (!secret?.id) notFound();
  const permit = await findPermit("source.read", {});
  if (!permit || !isAllowed(actor, "secret.bind", { secretId: secret.id }))
    return <NotAllowed backHref={`/secrets/${key}`} />;
  if (!secret.can.includes("secret.bind")) {
    return <NotNow title={<Title secret={secret} />} secretKey={key} why={whyNotBound(secret)} />;
  }
  const sources = await listSources(permit);
  return (
    <div className="max-w-4xl">
      <Here>Bind {secret.name}</Here>
      <PageHeader
        title={<Title secret={secret} />}
        sentence="Its next values come from there. Whoever controls a service that holds this secret can read them; Skep itself keeps no copy."
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
        <Section
          title="Where its values come from"
          sentence="The source is asked now; nothing is rotated to the value that the Swarm has."
        >
          <BindForm
            secretId={secret.id}
            backHref={`/secrets/${key}`}
            keptAnswer={secret.settings?.oldValueStaysValid ?? null}
            sources={sources.map(({ id, name, text, kind }) => ({ id, name, text, kind }))}
          />
        </Section>
      )}
    </div>
  );
}

function Title({ secret: { name } }: { secret: SecretView }) {
  return (
    <>
      Bind <Mono>{name}</Mono> to a source
    </>
  );
}
