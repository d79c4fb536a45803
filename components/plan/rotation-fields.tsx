import type { Order } from "#lib/settings/schema.ts";
import { Field } from "../field.tsx";

/** In which order services move, in the same words wherever somebody chooses or reads it. */
export const orderOptions: { value: Order; label: string; hint: string }[] = [
  { value: "canary", label: "One first, then the others", hint: "The old value must go on working meanwhile." },
  { value: "together", label: "All together", hint: "At most five at a time." },
  { value: "one-by-one", label: "One by one", hint: "The old value must go on working meanwhile." },
];

/** The same within a sentence. */
export function orderText(order: string): string {
  return orderOptions.find(({ value }) => value === order)?.label.toLowerCase() ?? order;
}

type Props = {
  defaultValue: string;
  placeholder?: string | undefined;
  error?: string | undefined;
  disabled?: boolean | undefined;
};

export function SoakField({ placeholder = "as the health check asks", ...field }: Props) {
  return (
    <Field
      label="Soak"
      name="soakSeconds"
      placeholder={placeholder}
      hint="How long new tasks must stay well, such as 30 s or 5 min."
      {...field}
    />
  );
}

export function KeepField(field: Props) {
  return (
    <Field
      label="Keep the old version"
      name="keepSeconds"
      hint="Before it is removed: 24 h, 7 days; 0 is at once."
      {...field}
    />
  );
}
