"use client";

import { useActionState } from "react";
import { Button, ButtonLink } from "#components/button.tsx";
import { Field } from "#components/field.tsx";
import { FormError } from "#components/form-error.tsx";
import { RadioField } from "#components/radio-field.tsx";
import { Section } from "#components/section.tsx";
import { SelectField } from "#components/select-field.tsx";
import { TemplateField } from "#components/template-field.tsx";
import { idleForm } from "#lib/auth/schema.ts";
import { type ImportItemInput, importTakes } from "#lib/imports/schema.ts";
import type { SourceRow } from "#lib/sources/schema.ts";
import { agreeing, counted } from "#lib/words.ts";
import { start } from "./actions.ts";
import type { Draft } from "./draft.ts";

type Props = {
  source: Pick<SourceRow, "id" | "kind">;
  draft: Draft;
  /** What the plan found nothing against. */
  items: readonly ImportItemInput[];
  leftOut: number;
  isPlanning: boolean;
  /** Why there is no plan. */
  problem: string | null;
  set: (change: Partial<Draft>) => void;
};

/** What holds for all of them, and the button that names what it makes. */
export function StartForm({ source, draft, items, leftOut, isPlanning, problem, set }: Props) {
  const [state, action, isPending] = useActionState(start, idleForm);
  const { mode, oldStaysValid, ...errors } = state.fieldErrors;
  const other = Object.values(errors)[0] ?? null;
  const isPointed = source.kind === "http";
  return (
    <Section title="For all of them">
      <form
        action={action}
        className="grid gap-4 p-4"
        noValidate
        onChange={({ currentTarget }) => set(settingsIn(new FormData(currentTarget), draft))}
      >
        <input type="hidden" name="sourceId" value={source.id} />
        <input type="hidden" name="items" value={JSON.stringify(items)} />
        <div className="grid gap-4 md:grid-cols-2">
          <SelectField
            label="The value is"
            name="take"
            defaultValue={draft.take}
            options={[
              { value: "field", label: isPointed ? "What a JSON pointer leads to" : "One field" },
              { value: "whole", label: "All of it", hint: "Byte for byte; of several fields, their JSON." },
              { value: "template", label: "A template of several fields" },
            ]}
          />
          {draft.take === "field" && (
            <Field
              label={isPointed ? "JSON pointer" : "Field"}
              name="field"
              defaultValue={draft.field}
              autoComplete="off"
              spellCheck={false}
            />
          )}
          {draft.take === "template" && <TemplateField defaultValue={draft.template} />}
        </div>
        <RadioField
          label="New versions there"
          name="mode"
          defaultValue={draft.mode}
          error={mode}
          options={[
            { value: "after-yes", label: "wait for a yes", hint: "Each secret's page says that there is one." },
            { value: "by-itself", label: "rotate by themselves", hint: "Within a minute, or at once by a webhook." },
          ]}
        />
        <RadioField
          label="While services move, do old values still work?"
          name="oldStaysValid"
          defaultValue={draft.oldStaysValid}
          error={oldStaysValid}
          options={[
            { value: "yes", label: "Yes", hint: "If a service fails, all are put back on the old one." },
            { value: "no", label: "No", hint: "If a service fails, everything stops where it is and you decide." },
          ]}
        />
        <FormError sentence={state.formError ?? other ?? problem} />
        <div className="flex flex-wrap items-center gap-3">
          <Button
            type="submit"
            isPrimary
            isPending={isPending || (isPlanning && problem === null)}
            disabled={items.length === 0}
          >
            Import {counted(items.length, "secret")}
          </Button>
          <ButtonLink href="/secrets">Cancel</ButtonLink>
          <p role="status" className="text-soft">
            {leftOut > 0 &&
              `${leftOut.toLocaleString("en")} ${agreeing(leftOut, "is", "are")} left out: the list says why.`}
          </p>
        </div>
      </form>
    </Section>
  );
}

function settingsIn(form: FormData, before: Draft): Partial<Draft> {
  const text = (name: string) => form.get(name)?.toString();
  const answer = text("oldStaysValid");
  return {
    take: importTakes.find((each) => each === text("take")) ?? "field",
    field: text("field") ?? before.field,
    template: text("template") ?? before.template,
    mode: text("mode") === "by-itself" ? "by-itself" : "after-yes",
    oldStaysValid: answer === "yes" || answer === "no" ? answer : "",
  };
}
