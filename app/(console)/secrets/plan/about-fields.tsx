import { Field } from "#components/field.tsx";
import { TextAreaField } from "#components/text-area-field.tsx";
import { type Fields, textOf } from "./fields.ts";
import type { Problems } from "./problems.ts";

/** Owner, tags and description, wherever a secret is made, adopted or edited. */
export function AboutFields({ fields, problems }: { fields: Fields; problems: Problems }) {
  return (
    <>
      <div className="grid gap-4 md:grid-cols-2">
        <Field
          label="Owner"
          name="owner"
          defaultValue={textOf(fields, "owner")}
          placeholder="a team, or a person"
          error={problems.owner}
        />
        <Field
          label="Tags"
          name="tags"
          defaultValue={textOf(fields, "tags")}
          placeholder="separated by commas"
          error={problems.tags}
        />
      </div>
      <TextAreaField
        label="Description"
        name="description"
        rows={2}
        defaultValue={textOf(fields, "description")}
        hint="What it opens. Never the value."
        error={problems.description}
      />
    </>
  );
}
