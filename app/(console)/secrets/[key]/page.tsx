import { KeyRound, Link2, Lock, RotateCw, Undo2 } from "lucide-react";
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { cache } from "react";
import { ButtonLink } from "#components/button.tsx";
import { CodeBlock } from "#components/code-block.tsx";
import { ConditionStatus } from "#components/condition-status.tsx";
import { LastOperations } from "#components/last-operations.tsx";
import { Mono, Parts, Sentence } from "#components/mono.tsx";
import { Notice } from "#components/notice.tsx";
import { PageHeader } from "#components/page-header.tsx";
import { RecentEvents } from "#components/recent-events.tsx";
import { Here } from "#components/shell/here.tsx";
import { requireActor } from "#lib/auth/require.ts";
import { findSecret } from "#lib/inventory/queries.ts";
import type { SecretView } from "#lib/inventory/schema.ts";
import { Attachment } from "./attachment.tsx";
import { Binding } from "./binding.tsx";
import { Grants } from "./grants.tsx";
import { Settings } from "./settings.tsx";
import { Versions } from "./versions.tsx";

type Props = { params: Promise<{ key: string }> };

const load = cache(async (key: string) => findSecret(await requireActor(), key));

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: (await load((await params).key))?.name ?? "Secret" };
}

/** One secret: who uses it, its versions, what happened to it, how it is used, and what can be done. */
export default async function SecretPage({ params }: Props) {
  const secret = await load((await params).key);
  if (!secret) notFound();
  return (
    <>
      <Here>{secret.name}</Here>
      <PageHeader
        title={<Mono>{secret.name}</Mono>}
        status={<ConditionStatus condition={secret.condition} text={secret.conditionText} />}
        sentence={sentenceOf(secret)}
      >
        <Actions secret={secret} />
      </PageHeader>
      <Findings secret={secret} />
      <div className="grid items-start gap-[18px] xl:grid-cols-[minmax(0,1fr)_308px]">
        <div className="grid min-w-0 gap-[18px]">
          <Grants secret={secret} />
          <Versions secret={secret} />
          <LastOperations name={secret.name} rows={secret.operations} />
          <RecentEvents of="secret" name={secret.name} events={secret.events} count={secret.eventCount} />
        </div>
        <aside aria-label="About this secret" className="grid min-w-0 gap-[18px]">
          {secret.binding && <Binding secret={secret} binding={secret.binding} />}
          {secret.attachment && <Attachment secret={secret} attachment={secret.attachment} />}
          {secret.settings && <Settings secret={secret} settings={secret.settings} />}
          {secret.compose && <CodeBlock title="Use it in a stack" text={secret.compose} marked={markedIn(secret)} />}
          <Notice tone="neutral" icon={<Lock />}>
            The value is in the Swarm only. Skep cannot show it, and keeps no copy or hash of it.
          </Notice>
        </aside>
      </div>
    </>
  );
}

function Actions({ secret: { key, can, proposal } }: { secret: SecretView }) {
  const to = (verb: string) => `/secrets/${key}/${verb}`;
  return (
    <>
      {can.includes("secret.rotate-emergency") && (
        <ButtonLink href={to("emergency")} isDanger>
          It has leaked
        </ButtonLink>
      )}
      {can.includes("secret.keep") && <ButtonLink href={to("keep")}>Keep it</ButtonLink>}
      {can.includes("secret.retire") && <ButtonLink href={to("retire")}>Retire</ButtonLink>}
      {can.includes("secret.roll-back") && (
        <ButtonLink href={to("roll-back")} icon={<Undo2 />}>
          Roll back
        </ButtonLink>
      )}
      {can.includes("secret.grant") && (
        <ButtonLink href={to("grant")} icon={<Link2 />}>
          Grant
        </ButtonLink>
      )}
      {can.includes("secret.rotate") && (
        <ButtonLink href={to("rotate")} isPrimary icon={<RotateCw />}>
          Rotate
        </ButtonLink>
      )}
      {proposal && can.includes("secret.adopt") && (
        <ButtonLink href={to("adopt")} isPrimary icon={<KeyRound />}>
          Adopt
        </ButtonLink>
      )}
    </>
  );
}

function Findings({ secret }: { secret: SecretView }) {
  if (secret.findings.length === 0) return null;
  return (
    <ul className="mb-[18px] grid gap-2">
      {secret.findings.map(({ rule, serviceId, parts, mend, hint }) => (
        <li key={`${rule} ${serviceId}`}>
          <Notice tone="honey">
            <span className="flex flex-wrap items-center justify-between gap-2">
              <span>
                <Parts parts={parts} />
                {hint && (
                  <>
                    . <Sentence text={hint} />
                  </>
                )}
              </span>
              {mend && <ButtonLink href={mend.href}>{mend.label}</ButtonLink>}
            </span>
          </Notice>
        </li>
      ))}
    </ul>
  );
}

/** What differs from one version or service to the next. */
function markedIn({ currentObjectName, grants }: SecretView): string[] {
  return [grants[0]?.path, currentObjectName].filter((text) => text != null);
}

function sentenceOf({ settings, proposal }: SecretView): string {
  if (proposal) return "Not adopted: Skep shows it and never touches it.";
  const owner = settings?.owner ? `Owned by ${settings.owner}.` : "Nobody owns it.";
  return `${settings?.description ? `${settings.description.replace(/\.?$/, ".")} ` : ""}${owner}`;
}
