import { type ReactNode, useId } from "react";
import { FieldError } from "./field.tsx";

type Option = { value: string; label: ReactNode; hint?: ReactNode };

/** One of a few that need a sentence each. Without a default nobody's choice is made for her. */
export function RadioField({
  label,
  name,
  options,
  defaultValue,
  error,
}: {
  label: ReactNode;
  name: string;
  options: readonly Option[];
  defaultValue?: string | undefined;
  error?: string | undefined;
}) {
  const id = useId();
  return (
    <fieldset aria-describedby={error ? `${id}-error` : undefined} className="grid gap-1.5">
      <legend className="mb-1 font-medium">{label}</legend>
      <div className={`grid gap-1.5 ${options.length === 3 ? "md:grid-cols-3" : "md:grid-cols-2"}`}>
        {options.map((option) => (
          <label
            key={option.value}
            className="flex items-start gap-2 rounded-lg border border-line px-3 py-2 has-checked:border-honey-line has-checked:bg-honey-bg"
          >
            <input
              type="radio"
              name={name}
              value={option.value}
              defaultChecked={option.value === defaultValue}
              className="mt-[3px] size-[14px] shrink-0 accent-honey"
            />
            <span className="min-w-0 [overflow-wrap:anywhere]">
              <span className="block font-medium">{option.label}</span>
              {option.hint && <span className="block text-[12px] text-soft">{option.hint}</span>}
            </span>
          </label>
        ))}
      </div>
      <FieldError id={`${id}-error`} sentence={error} />
    </fieldset>
  );
}
