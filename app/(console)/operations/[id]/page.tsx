import type { Metadata } from "next";
import Link from "next/link";
import { notFound } from "next/navigation";
import { cache } from "react";
import { Ago } from "#components/ago.tsx";
import { ButtonLink } from "#components/button.tsx";
import { Card, CardHeader } from "#components/card.tsx";
import { EventLines } from "#components/event-line.tsx";
import { Mono } from "#components/mono.tsx";
import { Notice } from "#components/notice.tsx";
import { OperationStatus } from "#components/operation-status.tsx";
import { PageHeader } from "#components/page-header.tsx";
import { PlanView } from "#components/plan/plan-view.tsx";
import { Here } from "#components/shell/here.tsx";
import { eventsOfOperation } from "#lib/audit/queries.ts";
import { requireActor } from "#lib/auth/require.ts";
import { findOperation } from "#lib/operations/queries.ts";
import type { AttentionView, OperationView, Plan } from "#lib/operations/schema.ts";
import { administratorKinds, type OperationKind, operationVerbs } from "#lib/policy/schema.ts";
import { counted } from "#lib/words.ts";
import { rotationHref } from "../../secrets/rotate/href.ts";
import { Controls, Decision } from "./controls.tsx";
import { Elapsed } from "./elapsed.tsx";
import { Lane } from "./lane.tsx";
import { Phases } from "./phases.tsx";
import { StackLines } from "./stack-lines.tsx";

type Props = { params: Promise<{ id: string }> };

const load = cache(async (id: string) => findOperation(await requireActor(), id));

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const operation = await load((await params).id);
  return { title: operation?.title ?? "Operation" };
}

/** One operation, the same live, after a reload, and in a second browser: it is read from the ledger alone. */
export default async function OperationPage({ params }: Props) {
  const { id } = await params;
  const operation = await load(id);
  if (!operation) notFound();
  const events = await eventsOfOperation(id);
  const [secret, ...others] = operation.plan.secrets;
  const isGroup = others.length > 0;
  const toVersion = isGroup ? null : (secret?.toVersion ?? null);
  return (
    <>
      <Here>{operation.title}</Here>
      <PageHeader
        title={<Title operation={operation} />}
        status={<OperationStatus {...operation} />}
        sentence={
          <>
            Started by {operation.startedBy}{" "}
            {operation.endedAt ? (
              <>
                <Ago at={operation.startedAt} />; it took <Elapsed from={operation.startedAt} to={operation.endedAt} />.
              </>
            ) : (
              <>
                <Elapsed from={operation.startedAt} to={null} /> ago. {isCalm(operation) && operation.summary}
              </>
            )}
          </>
        }
      >
        <Controls id={id} can={operation.can} />
        {operation.state !== "ended" && <ButtonLink href={`/operations/${id}/by-hand`}>By hand</ButtonLink>}
      </PageHeader>
      {operation.outage && <Outage {...operation.outage} />}
      {operation.attention && <Waiting operation={operation} attention={operation.attention} />}
      {isGroup && <Secrets secrets={operation.plan.secrets} />}
      {operation.phases.length > 0 && <Phases phases={operation.phases} />}
      <Outcome operation={operation} />
      <StackLines operation={operation} />
      {operation.lanes.length > 0 && (
        <Card className="mb-[18px]">
          <ul className="divide-y divide-line">
            {operation.lanes.map((lane) => (
              <Lane key={lane.serviceId} lane={lane} toVersion={toVersion} isGroup={isGroup} />
            ))}
          </ul>
        </Card>
      )}
      <div className="grid gap-[18px]">
        <Card>
          <CardHeader title="What happened">{counted(events.length, "event")}</CardHeader>
          <EventLines events={events} />
        </Card>
        {(operation.plan.changes.length > 0 || operation.plan.warnings.length > 0) && (
          <Card>
            <CardHeader title="The plan, as it was shown" />
            <PlanView plan={operation.plan} />
          </Card>
        )}
      </div>
    </>
  );
}

function Title({ operation: { kind, plan } }: { operation: OperationView }) {
  const [secret, ...others] = plan.secrets;
  if (!secret) return operationVerbs[kind];
  if (others.length > 0) return `${operationVerbs[kind]} ${counted(plan.secrets.length, "secret")}`;
  return (
    <>
      {operationVerbs[kind]} <SecretLink secret={secret} />
    </>
  );
}

/** Whoever may decide gets the choices; everybody else is told what it waits for. */
function Waiting({
  operation: { id, kind, can, plan },
  attention,
}: {
  operation: OperationView;
  attention: AttentionView;
}) {
  if (can.includes("operation.decide")) return <Decision id={id} attention={attention} />;
  return (
    <div className="mb-[18px]">
      <Notice tone="red">
        {attention.sentence}
        <span className="block text-ink">
          {attention.did} {isAdministrators(kind, plan) ? "An administrator" : "Somebody whose role allows it"} has to
          choose how it goes on.
        </span>
      </Notice>
    </div>
  );
}

function isAdministrators(kind: OperationKind, { warnings }: Plan): boolean {
  return administratorKinds.includes(kind) || warnings.some(({ code }) => code === "version-leaked");
}

type PlannedSecret = OperationView["plan"]["secrets"][number];

/** Those of a group, each with its own versions. */
function Secrets({ secrets }: { secrets: PlannedSecret[] }) {
  return (
    <ul aria-label="Secrets" className="mb-[18px] flex flex-wrap gap-x-5 gap-y-1">
      {secrets.map((secret) => (
        <li key={secret.secretId}>
          <SecretLink secret={secret} />
        </li>
      ))}
    </ul>
  );
}

/** Not fetched ahead: the secret of an adoption or a creation has no page until it is recorded. */
function SecretLink({ secret: { secretId, secretName, fromVersion, toVersion } }: { secret: PlannedSecret }) {
  const isMove = fromVersion !== null && toVersion !== null && fromVersion !== toVersion;
  return (
    <>
      <Link href={`/secrets/${secretId}`} prefetch={false} className="hover:underline">
        <Mono>{secretName}</Mono>
      </Link>
      {isMove && (
        <span className="text-faint">
          {" "}
          v{fromVersion} → v{toVersion}
        </span>
      )}
    </>
  );
}

/** Goes forward with nothing to say but how far it is: that is said in the first lines. */
function isCalm({ state, direction, next }: OperationView): boolean {
  return state === "open" && direction === "forward" && !next;
}

/** Nothing is wrong with what it does: it cannot see, and so it does nothing. */
function Outage({ because, since }: NonNullable<OperationView["outage"]>) {
  return (
    <div className="mb-[18px]">
      <Notice tone="honey">
        Standing still for <Elapsed from={since} to={null} />: {because}
        <span className="block text-ink">
          Skep sends nothing meanwhile. It keeps asking, and goes on by itself. Below is what it saw last.
        </span>
      </Notice>
    </div>
  );
}

function Outcome({ operation }: { operation: OperationView }) {
  const { summary, next, state, direction, outcome, verification, plan, can } = operation;
  if (!summary || state === "needs-attention" || isCalm(operation)) return null;
  const isSeen = verification === null || verification === "verified";
  const underWay = direction === "forward" ? "blue" : "honey";
  const tone =
    state === "open" ? underWay : outcome === "done" && isSeen ? "green" : outcome === "undone" ? "honey" : "neutral";
  return (
    <div className="mb-[18px]">
      <Notice tone={tone}>
        <span className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
          <span>
            {summary}
            {next && <span className="block text-ink">{next}</span>}
          </span>
          {can.includes("secret.rotate") && <ButtonLink href={rotationHref(plan.secrets)}>Rotate again</ButtonLink>}
        </span>
      </Notice>
    </div>
  );
}
