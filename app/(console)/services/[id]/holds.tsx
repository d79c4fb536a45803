import Link from "next/link";
import { ButtonLink } from "#components/button.tsx";
import { Card, CardHeader } from "#components/card.tsx";
import { EmptyState } from "#components/empty-state.tsx";
import { Mode, Mono } from "#components/mono.tsx";
import type { ServiceView } from "#lib/inventory/schema.ts";

type Held = ServiceView["holds"][number];

/** The secrets that it has, as files, with the same actions as from their side. */
export function Holds({ service }: { service: ServiceView }) {
  const { holds } = service;
  return (
    <Card>
      <CardHeader title="Secrets that it holds">{holds.length}</CardHeader>
      {holds.length === 0 ? (
        <EmptyState title="It holds no secret" sentence="Open a secret and grant it to this service.">
          <ButtonLink href="/secrets">To the secrets</ButtonLink>
        </EmptyState>
      ) : (
        <div className="overflow-x-auto">
          <table className="w-full border-collapse text-left">
            <thead className="text-faint text-small">
              <tr>
                {["Secret", "Version", "File in the container", "Owner", "Mode"].map((title) => (
                  <th key={title} scope="col" className="whitespace-nowrap px-[14px] py-[7px] font-medium">
                    {title}
                  </th>
                ))}
                <th scope="col">
                  <span className="sr-only">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {holds.map((held) => (
                <Row key={`${held.secretKey} ${held.target}`} held={held} service={service} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

function Row({ held, service: { id, can } }: { held: Held; service: ServiceView }) {
  const { secretKey, secretName, secretId, version, path, uid, gid, mode, target } = held;
  const cell = "h-[41px] whitespace-nowrap px-[14px]";
  return (
    <tr className="border-line border-t">
      <td className={cell}>
        <Link href={`/secrets/${secretKey}`} className="font-medium hover:underline">
          <Mono>{secretName}</Mono>
        </Link>
      </td>
      <td className={cell}>
        <Mono>{version === null ? "–" : `v${version}`}</Mono>
      </td>
      <td className={`${cell} text-soft`}>
        <Mono>{path}</Mono>
      </td>
      <td className={`${cell} text-soft`}>
        <Mono>
          {uid}:{gid}
        </Mono>
      </td>
      <td className={cell}>
        <Mode mode={mode} />
      </td>
      <td className={`${cell} text-right`}>
        <span className="inline-flex gap-2">
          {secretId && can.includes("secret.rotate") && (
            <ButtonLink href={`/secrets/${secretKey}/rotate`}>Rotate</ButtonLink>
          )}
          {secretId && can.includes("secret.revoke") && (
            <ButtonLink href={`/secrets/${secretKey}/revoke?serviceId=${id}&target=${encodeURIComponent(target)}`}>
              Revoke
            </ButtonLink>
          )}
          {!secretId && can.includes("secret.grant") && (
            <ButtonLink href={`/secrets/${secretKey}/adopt`}>Adopt</ButtonLink>
          )}
        </span>
      </td>
    </tr>
  );
}
