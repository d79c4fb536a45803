"use client";

import { useActionState, useState } from "react";
import { Button, ButtonLink } from "#components/button.tsx";
import { Field } from "#components/field.tsx";
import { FormError } from "#components/form-error.tsx";
import { RadioField } from "#components/radio-field.tsx";
import { SelectField } from "#components/select-field.tsx";
import { TemplateField } from "#components/template-field.tsx";
import { idleForm } from "#lib/auth/schema.ts";
import { hasList, type SourceRow } from "#lib/sources/schema.ts";
import { bind } from "./actions.ts";
import { Browser } from "./browser.tsx";

type Props = {
  secretId: string;
  backHref: string;
  /** What was said of the old value the last time. */
  keptAnswer: boolean | null;
  sources: Pick<SourceRow, "id" | "name" | "text" | "kind">[];
};

export function BindForm({ secretId, backHref, keptAnswer, sources }: Props) {
  const [state, action, isPending] = useActionState(bind, idleForm);
  const [sourceId, setSourceId] = useState(sources[0]?.id ?? "");
  const [path, setPath] = useState("");
  const [take, setTake] = useState("field");
  const { fields, fieldErrors } = state;
  const kind = sources.find(({ id }) => id === sourceId)?.kind;
  const kept = keptAnswer === null ? undefined : keptAnswer ? "yes" : "no";
  return (
    <form action={action} className="grid gap-4 p-4" noValidate>
      <input type="hidden" name="secretId" value={secretId} />
      <SelectField
        label="Source"
        name="sourceId"
        options={sources.map(({ id, name, text }) => ({ value: id, label: name, hint: text }))}
        defaultValue={fields.sourceId ?? sourceId}
        error={fieldErrors.sourceId}
        onChange={(event) => setSourceId(event.currentTarget.value)}
      />
      <Field
        label="Path"
        name="path"
        value={path}
        onChange={(event) => setPath(event.currentTarget.value)}
        hint={pathHints[kind ?? "vault"]}
        autoComplete="off"
        spellCheck={false}
        error={fieldErrors.path}
      />
      {kind && hasList[kind] && <Browser key={sourceId} sourceId={sourceId} choose={setPath} />}
      <Take kind={kind} take={take} setTake={setTake} fields={fields} errors={fieldErrors} />
      <RadioField
        label="A new version there"
        name="mode"
        defaultValue={fields.mode ?? "after-yes"}
        error={fieldErrors.mode}
        options={[
          { value: "after-yes", label: "waits for a yes", hint: "The secret's page says that there is one." },
          {
            value: "by-itself",
            label: "rotates by itself",
            hint: "Within a minute, or at once by a webhook; the present one too, where the Swarm has another value.",
          },
        ]}
      />
      <RadioField
        label="While services move, does the old value still work?"
        name="oldStaysValid"
        defaultValue={fields.oldStaysValid ?? kept}
        error={fieldErrors.oldStaysValid}
        options={[
          { value: "yes", label: "Yes", hint: "If a service fails, all are put back on it." },
          { value: "no", label: "No", hint: "If a service fails, everything stops where it is and you decide." },
        ]}
      />
      <FormError sentence={state.formError} />
      <div className="flex flex-wrap items-center gap-3">
        <Button type="submit" isPrimary isPending={isPending}>
          Bind
        </Button>
        <ButtonLink href={backHref}>Cancel</ButtonLink>
        <p role="status" className="text-soft">
          {isPending && "Asking the source for the value, and the Swarm whether it has it …"}
        </p>
      </div>
    </form>
  );
}

const pathHints = {
  vault: "Below the mount, such as shop/db.",
  aws: "Its name or ARN.",
  http: "What is appended to the address, such as db/password.",
};

type TakeProps = {
  kind: SourceRow["kind"] | undefined;
  take: string;
  setTake: (take: string) => void;
  fields: Record<string, string>;
  errors: Record<string, string>;
};

function Take({ kind, take, setTake, fields, errors }: TakeProps) {
  const isPointed = kind === "http";
  return (
    <>
      <SelectField
        label="The value is"
        name="take"
        defaultValue={take}
        error={errors.take}
        onChange={(event) => setTake(event.currentTarget.value)}
        options={[
          { value: "field", label: isPointed ? "What a JSON pointer leads to" : "One field" },
          { value: "whole", label: "All of it", hint: "Byte for byte; of several fields, their JSON." },
          { value: "template", label: "A template of several fields" },
        ]}
      />
      {take === "field" && (
        <Field
          label={isPointed ? "JSON pointer" : "Field"}
          name="field"
          defaultValue={fields.field ?? (isPointed ? "/password" : "password")}
          error={errors.field}
          autoComplete="off"
          spellCheck={false}
        />
      )}
      {take === "template" && <TemplateField defaultValue={fields.template ?? ""} error={errors.template} />}
    </>
  );
}
