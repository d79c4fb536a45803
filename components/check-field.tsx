import { type ComponentProps, type ReactNode, useId } from "react";

/** A tick with a sentence of its own. */
export function CheckField({
  label,
  hint,
  ...input
}: ComponentProps<"input"> & { label: ReactNode; hint?: ReactNode }) {
  const hintId = useId();
  return (
    <div className="grid gap-0.5">
      <label className="inline-flex items-start gap-2 max-md:min-h-8">
        <input
          {...input}
          type="checkbox"
          aria-describedby={hint ? hintId : undefined}
          className="mt-[3px] size-[14px] shrink-0 accent-honey"
        />
        <span>{label}</span>
      </label>
      {hint && (
        <p id={hintId} className="pl-[22px] text-[12px] text-soft">
          {hint}
        </p>
      )}
    </div>
  );
}
