import { type ComponentProps, useId } from "react";
import { FieldError, type FieldFrame } from "./field.tsx";

/** A tick with a sentence of its own. */
export function CheckField({ label, hint, error, ...input }: ComponentProps<"input"> & FieldFrame) {
  const id = useId();
  const [hintId, errorId] = [`${id}-hint`, `${id}-error`];
  return (
    <div className="grid gap-0.5">
      <label className="inline-flex items-start gap-2 max-md:min-h-8">
        <input
          {...input}
          type="checkbox"
          aria-invalid={error ? true : undefined}
          aria-describedby={[hint && hintId, error && errorId].filter(Boolean).join(" ") || undefined}
          className="mt-[3px] size-[14px] shrink-0 accent-honey"
        />
        <span>{label}</span>
      </label>
      {hint && (
        <p id={hintId} className="pl-[22px] text-[12px] text-soft">
          {hint}
        </p>
      )}
      <FieldError id={errorId} sentence={error} className="pl-[22px]" />
    </div>
  );
}
