import { ArrowRightLeft, CircleCheck, CircleHelp, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { Ago } from "#components/ago.tsx";
import { ButtonLink } from "#components/button.tsx";
import { Card, CardHeader } from "#components/card.tsx";
import { KeyValues } from "#components/key-values.tsx";
import { Mono, Sentence } from "#components/mono.tsx";
import { Notice } from "#components/notice.tsx";
import { Status } from "#components/status.tsx";
import type { BindingView, SecretView } from "#lib/inventory/schema.ts";
import { agreeing, shownVersionId, someOf } from "#lib/words.ts";
import { PartButton } from "./part-button.tsx";
import { unbind } from "./source/actions.ts";
import { CompareButton, LookButton } from "./source/binding-buttons.tsx";
import { offeredRotation } from "./source/offered.ts";

type Props = { secret: SecretView; binding: BindingView };

/** Where the secret's values come from, whether both sides have the same, and what can be done about it. */
export function Binding({ secret, binding }: Props) {
  const { sourceName, path, mode, newestId, currentId, lookedAt } = binding;
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
      <div className="grid gap-3 border-line border-t p-[14px] empty:hidden">
        <Failure binding={binding} />
        <Together binding={binding} />
        <Rotate secret={secret} binding={binding} />
        <Buttons secret={secret} binding={binding} />
      </div>
    </Card>
  );
}

function Failure({ binding: { failure } }: Pick<Props, "binding">) {
  if (!failure) return null;
  return (
    <Notice tone="honey" icon={<TriangleAlert />}>
      {failure.sentence} Since <Ago at={failure.since} />.
    </Notice>
  );
}

/** What is changed once at the source, such as a user and a password, belongs together in the Swarm as well. */
function Together({ binding: { together, path } }: Pick<Props, "binding">) {
  if (together.length === 0) return null;
  const names = together.map(({ name }) => name);
  const [take, all] = [agreeing(names.length, "takes", "take"), agreeing(names.length, "both", "all")];
  return (
    <p className="text-soft">
      <Sentence
        text={`${someOf(names)} ${take} from ${path} as well: ${all} change together.`}
        names={[...names, path]}
      />
    </p>
  );
}

function Rotate({ secret, binding }: Props) {
  const offered = offeredRotation(secret, binding);
  if (!offered) return null;
  return (
    <ButtonLink href={offered.href} isPrimary={offered.isPrimary} icon={<ArrowRightLeft />}>
      {offered.text}
    </ButtonLink>
  );
}

function Buttons({ secret: { id }, binding: { can, sourceName } }: Props) {
  if (!id || can.length === 0) return null;
  return (
    <div className="flex flex-wrap gap-2 empty:hidden">
      {can.includes("secret.compare") && <CompareButton secretId={id} />}
      {can.includes("secret.look") && <LookButton secretId={id} />}
      {can.includes("secret.unbind") && (
        <PartButton
          verb="Unbind"
          sentence={`The secret keeps the value that it has. New versions at ${sourceName} no longer reach the Swarm.`}
          secretId={id}
          action={unbind}
        />
      )}
    </div>
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
      Another there
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
