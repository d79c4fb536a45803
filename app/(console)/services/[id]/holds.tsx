import { Link2, RotateCw } from "lucide-react";
import Link from "next/link";
import { ButtonLink } from "#components/button.tsx";
import { Card, CardHeader } from "#components/card.tsx";
import { EmptyState } from "#components/empty-state.tsx";
import { FactsTable } from "#components/facts-table.tsx";
import { FilePath, Mode, Mono } from "#components/mono.tsx";
import type { HeldView, ServiceView } from "#lib/inventory/schema.ts";
import { counted } from "#lib/words.ts";

/** The secrets that it has, as files, with the same actions as from their side. */
export function Holds({ service }: { service: ServiceView }) {
  const { holds, id, can } = service;
  const mayGrant = can.includes("secret.grant");
  const managed = new Set(holds.flatMap(({ secretId }) => secretId ?? []));
  return (
    <Card>
      <CardHeader title="Secrets that it holds">
        {counted(holds.length, "file")}
        {managed.size > 1 && can.includes("secret.rotate") && (
          <ButtonLink href={`/secrets/rotate?service=${id}`} icon={<RotateCw />}>
            Rotate its secrets
          </ButtonLink>
        )}
        {mayGrant && (
          <ButtonLink href={`/services/${id}/grant`} icon={<Link2 />}>
            Grant a secret
          </ButtonLink>
        )}
      </CardHeader>
      {holds.length === 0 ? (
        <EmptyState
          title="It holds no secret"
          sentence={
            mayGrant ? "Grant it one, and it appears as a file in its containers." : "Nothing was granted to it."
          }
        />
      ) : (
        <FactsTable
          columns={["Secret", "Version", "File in the container", "File owner", "Mode"]}
          rows={holds.map((held) => ({
            key: `${held.secretKey} ${held.target}`,
            cells: [
              <Link
                key="name"
                href={`/secrets/${held.secretKey}`}
                prefetch={false}
                className="font-medium hover:underline"
              >
                <Mono>{held.secretName}</Mono>
              </Link>,
              <Mono key="version">{held.version === null ? "–" : `v${held.version}`}</Mono>,
              <FilePath key="path" path={held.path} />,
              <Mono key="owner">
                {held.uid}:{held.gid}
              </Mono>,
              <Mode key="mode" mode={held.mode} />,
            ],
            actions: <Actions held={held} service={service} />,
          }))}
        />
      )}
    </Card>
  );
}

function Actions({
  held: { secretId, secretKey, target, drift, hasOlderVersion },
  service: { id, can },
}: {
  held: HeldView;
  service: ServiceView;
}) {
  const to = (verb: string) => `/secrets/${secretKey}/${verb}`;
  if (!secretId) return can.includes("secret.adopt") && <ButtonLink href={to("adopt")}>Adopt</ButtonLink>;
  return (
    <>
      {drift && can.includes("secret.put-back") && (
        <ButtonLink href={`${to("put-back")}?serviceIds[]=${id}`}>Put back</ButtonLink>
      )}
      {drift && can.includes("secret.take-over") && (
        <ButtonLink href={`${to("take-over")}?serviceIds[]=${id}`}>Take over</ButtonLink>
      )}
      {can.includes("secret.rotate") && <ButtonLink href={to("rotate")}>Rotate</ButtonLink>}
      {hasOlderVersion && can.includes("secret.roll-back") && <ButtonLink href={to("roll-back")}>Roll back</ButtonLink>}
      {can.includes("secret.revoke") && (
        <ButtonLink href={`${to("revoke")}?serviceId=${id}&target=${encodeURIComponent(target)}`}>Revoke</ButtonLink>
      )}
    </>
  );
}
