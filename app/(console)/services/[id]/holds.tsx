import Link from "next/link";
import { ButtonLink } from "#components/button.tsx";
import { Card, CardHeader } from "#components/card.tsx";
import { EmptyState } from "#components/empty-state.tsx";
import { Mode, Mono } from "#components/mono.tsx";
import type { ServiceView } from "#lib/inventory/schema.ts";

/** The secrets that it has, as files, with the same actions as from their side. */
export function Holds({ service: { id, holds, can } }: { service: ServiceView }) {
  return (
    <Card>
      <CardHeader title="Secrets that it holds">{holds.length}</CardHeader>
      {holds.length === 0 ? (
        <EmptyState title="It holds no secret" sentence="Open a secret and grant it to this service.">
          <ButtonLink href="/secrets">To the secrets</ButtonLink>
        </EmptyState>
      ) : (
        <ul className="divide-y divide-line">
          {holds.map((held) => (
            <li
              key={`${held.secretKey} ${held.target}`}
              className="grid min-h-[41px] items-center gap-x-4 gap-y-1 px-[14px] py-1.5 md:grid-cols-[1.2fr_60px_1.6fr_110px_60px_auto]"
            >
              <Link href={`/secrets/${held.secretKey}`} className="font-medium hover:underline">
                <Mono>{held.secretName}</Mono>
              </Link>
              <Mono>{held.version === null ? "–" : `v${held.version}`}</Mono>
              <span className="text-soft">
                <Mono>{held.path}</Mono>
              </span>
              <span className="text-soft">
                <Mono>
                  {held.uid}:{held.gid}
                </Mono>
              </span>
              <Mode mode={held.mode} />
              <span className="flex gap-2 md:justify-end">
                {held.secretId && can.includes("secret.rotate") && (
                  <ButtonLink href={`/secrets/${held.secretKey}/rotate`}>Rotate</ButtonLink>
                )}
                {held.secretId && can.includes("secret.revoke") && (
                  <ButtonLink
                    href={`/secrets/${held.secretKey}/revoke?serviceId=${id}&target=${encodeURIComponent(held.target)}`}
                  >
                    Revoke
                  </ButtonLink>
                )}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
