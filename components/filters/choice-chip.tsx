import { chipSelectClass } from "../chip.ts";

/** One of several values, or any. */
export function ChoiceChip({
  name,
  label,
  value,
  options,
}: {
  name: string;
  label: string;
  value: string;
  options: readonly (readonly [value: string, text: string])[];
}) {
  return (
    <select
      key={`${name} ${value}`}
      name={name}
      aria-label={label}
      defaultValue={value}
      data-chosen={value !== ""}
      className={chipSelectClass}
    >
      <option value="">{label}: any</option>
      {options.map(([each, text]) => (
        <option key={each} value={each}>
          {label}: {text}
        </option>
      ))}
    </select>
  );
}
