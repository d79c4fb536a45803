import { Field } from "#components/field.tsx";
import { RadioField } from "#components/radio-field.tsx";
import { SelectField } from "#components/select-field.tsx";
import { TextAreaField } from "#components/text-area-field.tsx";
import { type Fields, textOf } from "./fields.ts";
import { generatorChoices } from "./generators.ts";

/** What people know of a secret, and how its next rotation goes. */
export function EditOptions({ fields, problems }: { fields: Fields; problems: Record<string, string> }) {
  return (
    <>
      <div className="grid gap-4 md:grid-cols-2">
        <Field label="Owner" name="owner" error={problems.owner} defaultValue={textOf(fields, "owner")} />
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
      />
      <div className="grid gap-4 md:grid-cols-2">
        <SelectField
          label="Where new values come from"
          name="generator"
          defaultValue={textOf(fields, "generator")}
          options={withOwn(textOf(fields, "generator"))}
        />
        <SelectField
          label="Order of services"
          name="order"
          defaultValue={textOf(fields, "order")}
          options={[
            { value: "canary", label: "One first, then the others" },
            { value: "together", label: "All together" },
            { value: "one-by-one", label: "One by one" },
          ]}
        />
        <Field
          label="Soak, in seconds"
          name="soakSeconds"
          error={problems.soakSeconds}
          inputMode="numeric"
          defaultValue={textOf(fields, "soakSeconds")}
          placeholder="as the health check asks"
        />
        <Field
          label="Keep old versions, in seconds"
          name="keepSeconds"
          error={problems.keepSeconds}
          inputMode="numeric"
          defaultValue={textOf(fields, "keepSeconds")}
          hint="86,400 is a day."
        />
      </div>
      <RadioField
        label="During a rotation, does the old value still work?"
        name="oldStaysValid"
        defaultValue={textOf(fields, "oldStaysValid")}
        options={[
          { value: "yes", label: "Yes: a failure puts services back on it" },
          { value: "no", label: "No: a failure stops, and a person decides" },
        ]}
      />
    </>
  );
}

function withOwn(own: string) {
  const isListed = generatorChoices.some(({ value }) => value === own);
  return isListed ? generatorChoices : [...generatorChoices, { value: own, label: "As it is now" }];
}
