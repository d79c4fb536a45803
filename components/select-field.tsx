"use client";

import { type ComponentProps, useState } from "react";
import { type FieldFrame, inputClass, useFrame } from "./field.tsx";

type Option = { value: string; label: string; hint?: string | undefined };

/** One of a few, by the browser's own list, which every keyboard and phone knows. The chosen one's hint stands below. */
export function SelectField({
  label,
  hint,
  error,
  options,
  ...select
}: ComponentProps<"select"> & FieldFrame & { options: readonly Option[] }) {
  const [chosen, setChosen] = useState(String(select.defaultValue ?? options[0]?.value ?? ""));
  const chosenHint = options.find(({ value }) => value === chosen)?.hint;
  const { id, described, frame } = useFrame({ label, hint: chosenHint ?? hint, error }, select.id);
  return frame(
    <select
      {...select}
      id={id}
      aria-invalid={error ? true : undefined}
      aria-describedby={described}
      className={inputClass}
      onChange={(event) => {
        setChosen(event.currentTarget.value);
        // A form that was answered is reset by React, which of an input keeps what it was last given, and of this nothing.
        for (const option of event.currentTarget.options) option.defaultSelected = option.selected;
        select.onChange?.(event);
      }}
    >
      {options.map(({ value, label: text }) => (
        <option key={value} value={value}>
          {text}
        </option>
      ))}
    </select>,
  );
}
