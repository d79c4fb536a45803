import type { ComponentProps } from "react";
import { Field } from "#components/field.tsx";

/** A credential is mounted where Skep runs, and only its name is entered here. */
export function CredentialField({
  label = "File of its credential",
  use = "It is sent to the address.",
  ...field
}: Omit<ComponentProps<typeof Field>, "label" | "hint"> & { label?: string; use?: string }) {
  return (
    <Field
      {...field}
      label={label}
      hint={`The name of a file in SKEP_CREDENTIAL_DIR, such as a Docker secret mounted there. ${use}`}
      autoComplete="off"
      spellCheck={false}
    />
  );
}
