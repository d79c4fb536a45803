import type { ComponentProps } from "react";
import { Field } from "./field.tsx";

/** What of several fields at a source becomes one value. It is part of a binding, which everybody may see. */
export function TemplateField(input: Omit<ComponentProps<typeof Field>, "label" | "hint">) {
  return (
    <Field
      label="Template"
      name="template"
      hint="postgres://{{user}}:{{password | url}}@db/shop. Written as it is, or | url, | json, | base64, | pgpass. Write no secret into it: it is kept and shown."
      autoComplete="off"
      spellCheck={false}
      {...input}
    />
  );
}
