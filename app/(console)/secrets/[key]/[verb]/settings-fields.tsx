import { Field } from "#components/field.tsx";
import { SelectField } from "#components/select-field.tsx";
import type { Order } from "#lib/operations/schema.ts";
import type { Problems } from "../../prepared.ts";
import { type Fields, textOf } from "./fields.ts";

export const orderOptions: { value: Order; label: string; hint: string }[] = [
  { value: "canary", label: "One first, then the others", hint: "The old value must go on working meanwhile." },
  { value: "together", label: "All together", hint: "At most five at a time." },
  { value: "one-by-one", label: "One by one", hint: "The old value must go on working meanwhile." },
];

/** How rotations go unless one is told otherwise: the order, how long is watched, how long the old version stays. */
export function SettingsFields({ fields, problems }: { fields: Fields; problems: Problems }) {
  return (
    <>
      <div className="grid gap-4 md:grid-cols-3">
        <SelectField
          label="Order of services"
          name="order"
          defaultValue={textOf(fields, "order")}
          options={orderOptions}
        />
        <SoakField fields={fields} problems={problems} placeholder="as the health check asks" />
        <KeepField fields={fields} problems={problems} />
      </div>
      <SelectField
        label="During a rotation, does the old value still work?"
        name="oldStaysValid"
        defaultValue={textOf(fields, "oldStaysValid")}
        options={[
          { value: "", label: "Ask when a value is entered" },
          { value: "yes", label: "Yes", hint: "A failure puts services back on it." },
          { value: "no", label: "No", hint: "A failure stops where it is, and a person decides." },
        ]}
      />
    </>
  );
}

type Props = { fields: Fields; problems: Problems; placeholder?: string };

export function SoakField({ fields, problems, placeholder }: Props) {
  return (
    <Field
      label="Soak"
      name="soakSeconds"
      defaultValue={textOf(fields, "soakSeconds")}
      placeholder={placeholder}
      error={problems.soakSeconds}
      hint="How long new tasks must stay well: 30 s, 5 min."
    />
  );
}

export function KeepField({ fields, problems, placeholder }: Props) {
  return (
    <Field
      label="Keep the old version"
      name="keepSeconds"
      defaultValue={textOf(fields, "keepSeconds")}
      placeholder={placeholder}
      error={problems.keepSeconds}
      hint="Before it is removed: 24 h, 7 days; 0 is at once."
    />
  );
}
