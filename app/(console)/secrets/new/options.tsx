import { CheckField } from "#components/check-field.tsx";
import { Field } from "#components/field.tsx";
import { RadioField } from "#components/radio-field.tsx";
import { SelectField } from "#components/select-field.tsx";
import { TextAreaField } from "#components/text-area-field.tsx";
import type { ServiceRow } from "#lib/inventory/schema.ts";
import { type Fields, listOf, textOf } from "../[key]/[verb]/fields.ts";
import { generatorChoices } from "../[key]/[verb]/generators.ts";
import { NameField } from "./name-field.tsx";

/** What the new secret is made of, as the address has it. */
export function NewSecretOptions({
  fields,
  services,
  problems,
}: {
  fields: Fields;
  services: ServiceRow[];
  /** What is wrong, by the name of the field. */
  problems: Record<string, string>;
}) {
  return (
    <>
      <NameField defaultValue={textOf(fields, "name")} error={problems.name} />
      <div className="grid gap-4 md:grid-cols-2">
        <Field
          label="Owner"
          name="owner"
          error={problems.owner}
          defaultValue={textOf(fields, "owner")}
          placeholder="a team, or a person"
        />
        <Field
          label="Tags"
          name="tags"
          error={problems.tags}
          defaultValue={textOf(fields, "tags")}
          hint="Separated by commas."
        />
      </div>
      <TextAreaField
        label="Description"
        name="description"
        error={problems.description}
        rows={2}
        defaultValue={textOf(fields, "description")}
        hint="What it opens. Never the value."
      />
      <RadioField
        label="The value"
        name="source"
        defaultValue={textOf(fields, "source")}
        options={[
          { value: "typed", label: "I enter it", hint: "By typing, pasting or a file." },
          { value: "generated", label: "Make one; nobody sees it", hint: "Services read it, people need not." },
          { value: "shown", label: "Make one and show it to me once", hint: "For whatever else has to know it." },
        ]}
      />
      {textOf(fields, "source") !== "typed" && (
        <SelectField
          label="Made as"
          name="generator"
          defaultValue={textOf(fields, "generator")}
          options={generatorChoices.filter(({ value }) => value !== "")}
        />
      )}
      <details open={listOf(fields, "grants").length > 0}>
        <summary className="font-medium">Grant it right away</summary>
        <div className="mt-2 grid max-h-56 gap-1.5 overflow-y-auto rounded-lg border border-line bg-panel p-3 md:grid-cols-2">
          {services.map(({ id, name }) => {
            const wish = JSON.stringify({ serviceId: id });
            return (
              <CheckField
                key={id}
                name="grants[]"
                value={wish}
                defaultChecked={listOf(fields, "grants").includes(wish)}
                label={name}
              />
            );
          })}
        </div>
      </details>
    </>
  );
}
