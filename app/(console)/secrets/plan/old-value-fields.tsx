import type { ReactNode } from "react";
import { RadioField } from "#components/radio-field.tsx";
import { SelectField } from "#components/select-field.tsx";
import type { MemberView } from "#lib/inventory/schema.ts";
import { type Fields, textOf } from "./fields.ts";

type Props = {
  label: ReactNode;
  secret: Pick<MemberView, "settings">;
  fields: Fields;
  /** Of several secrets on one page, what sets the fields of this one apart. */
  suffix?: string;
};

/** What a failure may do, which only a person can know: her answer is kept with the secret, and nobody's is made for her. */
export function OldValueField({ label, secret, fields, suffix = "", error }: Props & { error: string | undefined }) {
  const name = `oldStaysValid${suffix}`;
  return (
    <RadioField
      label={label}
      name={name}
      defaultValue={textOf(fields, name) || keptAnswer(secret)}
      error={error}
      options={[
        { value: "yes", label: "Yes", hint: "If a service fails, all are put back on it." },
        { value: "no", label: "No", hint: "If a service fails, everything stops where it is and you decide." },
      ]}
    />
  );
}

/** A value that has leaked: another question, and no earlier answer is one to it. */
export function LeakedValueField({ fields, error }: { fields: Fields; error: string | undefined }) {
  return (
    <RadioField
      label="If a service fails, may it go back to the value that has leaked?"
      name="oldStaysValid"
      defaultValue={textOf(fields, "oldStaysValid")}
      error={error}
      options={[
        { value: "no", label: "No", hint: "Everything stops where it is, and you decide." },
        { value: "yes", label: "Yes", hint: "It runs again, and the leaked version stays until you have tried again." },
      ]}
    />
  );
}

/** The usual question on one line, where several secrets are asked for theirs. */
export function OldValueQuestion({
  label,
  secret,
  fields,
  suffix = "",
  error,
  unsaid = "Does it still work?",
}: Props & {
  error: string | undefined;
  /** What it reads as long as nobody answers it here. */
  unsaid?: string | undefined;
}) {
  const name = `oldStaysValid${suffix}`;
  return (
    <SelectField
      label={label}
      name={name}
      defaultValue={textOf(fields, name) || (keptAnswer(secret) ?? "")}
      error={error}
      options={[
        { value: "", label: unsaid },
        {
          value: "yes",
          label: "Still works meanwhile",
          hint: "If a service fails, all go back, unless another old value has stopped working.",
        },
        { value: "no", label: "Stops working", hint: "If a service fails, you decide." },
      ]}
    />
  );
}

/** The same where the new value is made: nobody has to know, but somebody may. */
export function OldValueSelect({ label, secret, fields, suffix = "" }: Props) {
  const name = `oldStaysValid${suffix}`;
  return (
    <SelectField
      label={label}
      name={name}
      defaultValue={textOf(fields, name) || (keptAnswer(secret) ?? "")}
      options={[
        { value: "", label: "As far as anybody knows", hint: "A failure puts services back on it." },
        { value: "yes", label: "Yes", hint: "A failure puts services back on it. Kept with the secret." },
        { value: "no", label: "No", hint: "A failure stops where it is, and you decide. Kept with the secret." },
      ]}
    />
  );
}

function keptAnswer({ settings }: Pick<MemberView, "settings">): string | undefined {
  if (settings?.oldValueStaysValid == null) return undefined;
  return settings.oldValueStaysValid ? "yes" : "no";
}
