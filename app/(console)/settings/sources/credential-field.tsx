import type { ComponentProps } from "react";
import { Field } from "#components/field.tsx";

/** A credential is mounted where Skep runs, and only its name is entered here. */
export function CredentialField(field: Omit<ComponentProps<typeof Field>, "label" | "hint">) {
  return (
    <Field
      {...field}
      label="File of its credential"
      hint="The name of a file in SKEP_CREDENTIAL_DIR, such as a Docker secret mounted there. It is sent to the address."
      autoComplete="off"
      spellCheck={false}
    />
  );
}
