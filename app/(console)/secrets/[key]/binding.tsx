import { ArrowRightLeft, CircleCheck, CircleHelp, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { Ago } from "#components/ago.tsx";
import { ButtonLink } from "#components/button.tsx";
import { Card, CardHeader } from "#components/card.tsx";
import { KeyValues } from "#components/key-values.tsx";
import { Mono } from "#components/mono.tsx";
import { Notice } from "#components/notice.tsx";
import { Status } from "#components/status.tsx";
import type { BindingView, SecretView } from "#lib/inventory/schema.ts";
import { shownVersionId } from "#lib/words.ts";
import { CompareButton, LookButton, UnbindButton } from "./source/binding-buttons.tsx";

/** Where the secret's values come from, whether both sides have the same, and what can be done about it. */
export function Binding({ secret: { id, key, can }, binding }: { secret: SecretView; binding: BindingView }) {
  const { sourceName, path, mode, newestId, currentId, lookedAt, failure } = binding;
  if (!id) return null;
  // Where nobody knows which version the Swarm has, a rotation settles it.
  const isWaiting = newestId !== null && binding.agreement !== "agrees" && !binding.isDeleted;
  return (
    <Card>
      <CardHeader title="Source">
        <Agreement binding={binding} />
      </CardHeader>
      <KeyValues
        items={[
          { term: "Values from", value: <Mono>{sourceName}</Mono> },
          { term: "Path", value: <Mono>{path}</Mono> },
          { term: "Takes", value: takeText(binding) },
          { term: "There", value: binding.isDeleted ? "deleted" : <Version id={newestId} /> },
          { term: "In the Swarm", value: <Version id={currentId} /> },
          {
            term: "New versions",
            value: mode === "by-itself" ? "rotate by themselves" : "wait for a yes",
          },
          { term: "Looked", value: lookedAt ? <Ago at={lookedAt} /> : "not yet" },
        ]}
      />
      <div className="grid gap-3 border-line border-t p-[14px]">
        {failure && (
          <Notice tone="honey" icon={<TriangleAlert />}>
            {failure.sentence} Since <Ago at={failure.since} />.
          </Notice>
        )}
        {isWaiting && can.includes("secret.rotate") && (
          <ButtonLink href={`/secrets/${key}/rotate?source=source`} isPrimary icon={<ArrowRightLeft />}>
            Rotate to version {shownVersionId(newestId ?? "")}
          </ButtonLink>
        )}
        <div className="flex flex-wrap gap-2">
          {binding.can.includes("secret.compare") && <CompareButton secretId={id} />}
          {binding.can.includes("secret.unbind") && <LookButton secretId={id} />}
          {binding.can.includes("secret.unbind") && <UnbindButton secretId={id} sourceName={sourceName} />}
        </div>
      </div>
    </Card>
  );
}

function Agreement({ binding: { agreement, isDeleted } }: { binding: BindingView }): ReactNode {
  if (isDeleted) {
    return (
      <Status tone="honey" icon={<TriangleAlert />}>
        Deleted there
      </Status>
    );
  }
  if (agreement === "agrees") {
    return (
      <Status tone="green" icon={<CircleCheck />}>
        Agrees
      </Status>
    );
  }
  return agreement === "differs" ? (
    <Status tone="honey" icon={<ArrowRightLeft />}>
      Newer there
    </Status>
  ) : (
    <Status tone="neutral" icon={<CircleHelp />}>
      Not known
    </Status>
  );
}

function Version({ id }: { id: string | null }) {
  if (id === null) return <span className="text-soft">not known</span>;
  return (
    <span title={id}>
      version <Mono>{shownVersionId(id)}</Mono>
    </span>
  );
}

function takeText({ take }: BindingView): ReactNode {
  if (take.take === "whole") return "all of it";
  if (take.take === "template") return <Mono>{take.template}</Mono>;
  return (
    <>
      the field <Mono>{take.field}</Mono>
    </>
  );
}
