import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { Mono } from "#components/mono.tsx";
import { PageHeader } from "#components/page-header.tsx";
import { Here } from "#components/shell/here.tsx";
import { requireActor } from "#lib/auth/require.ts";
import { findService, listSecrets } from "#lib/inventory/queries.ts";
import { SecretChoice } from "./secret-choice.tsx";

export const metadata: Metadata = { title: "Grant to a service" };

/** From the service's side: which secret is it to have? What then follows is the plan of that grant. */
export default async function GrantToServicePage({ params }: { params: Promise<{ id: string }> }) {
  const actor = await requireActor();
  const [service, { rows }] = await Promise.all([findService(actor, (await params).id), listSecrets(actor)]);
  if (!service?.can.includes("secret.grant")) notFound();
  const held = new Set(service.holds.map(({ secretKey }) => secretKey));
  const open = rows.filter(({ id, key }) => id !== null && !held.has(key));
  return (
    <>
      <Here>{`Grant to ${service.name}`}</Here>
      <PageHeader
        title={
          <>
            Grant a secret to <Mono>{service.name}</Mono>
          </>
        }
        sentence="Choose one that it does not hold yet; the plan comes next. Whoever controls the service can then read it."
      />
      <SecretChoice rows={open} serviceId={service.id} />
    </>
  );
}
