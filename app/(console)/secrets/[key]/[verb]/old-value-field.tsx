import type { ReactNode } from "react";
import { RadioField } from "#components/radio-field.tsx";
import type { SecretView } from "#lib/inventory/schema.ts";
import { textOf } from "../../plan/fields.ts";
import type { OptionsProps } from "./verb.ts";

/** What a failure may do, which only a person can know: her answer is kept with the secret, and nobody's is made for her. */
export function OldValueField({
  label,
  secret,
  fields,
  problems,
}: Pick<OptionsProps, "secret" | "fields" | "problems"> & { label: ReactNode }) {
  return (
    <RadioField
      label={label}
      name="oldStaysValid"
      defaultValue={textOf(fields, "oldStaysValid") || keptAnswer(secret)}
      error={problems.oldStaysValid}
      options={[
        { value: "yes", label: "Yes", hint: "If a service fails, all are put back on it." },
        { value: "no", label: "No", hint: "If a service fails, everything stops where it is and you decide." },
      ]}
    />
  );
}

export function keptAnswer({ settings }: SecretView): string | undefined {
  if (settings?.oldValueStaysValid == null) return undefined;
  return settings.oldValueStaysValid ? "yes" : "no";
}
