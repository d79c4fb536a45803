import { type ComponentProps, type ReactNode, useId } from "react";

export type FieldFrame = { label: ReactNode; hint?: ReactNode; error?: string | undefined };

/** How every input looks; its error is red and a sentence, not a colour alone. */
export const inputClass =
  "w-full min-h-[32px] rounded-[7px] border border-line2 bg-panel px-2.5 py-1 text-ink aria-[invalid=true]:border-red disabled:opacity-60 max-md:min-h-10 max-md:text-[16px]";

/** A one-line input with its label, its hint, and the sentence that says what is wrong. */
export function Field({ label, hint, error, ...input }: ComponentProps<"input"> & FieldFrame) {
  const { id, described, frame } = useFrame({ label, hint, error }, input.id);
  return frame(
    <input
      {...input}
      id={id}
      aria-invalid={error ? true : undefined}
      aria-describedby={described}
      className={`${inputClass} ${input.className ?? ""}`}
    />,
  );
}

/** The same frame for every input, so that label, hint and error are always where a person looks for them. */
export function useFrame({ label, hint, error }: FieldFrame, givenId?: string) {
  const ownId = useId();
  const id = givenId ?? ownId;
  const hintId = `${id}-hint`;
  const errorId = `${id}-error`;
  const described = [hint && hintId, error && errorId].filter(Boolean).join(" ") || undefined;
  const frame = (input: ReactNode) => (
    <div className="grid content-start gap-1">
      <label htmlFor={id} className="font-medium">
        {label}
      </label>
      {input}
      {hint && (
        <p id={hintId} className="text-[12px] text-soft">
          {hint}
        </p>
      )}
      <FieldError id={errorId} sentence={error} />
    </div>
  );
  return { id, described, frame };
}

/** What is wrong with a field, below it. */
export function FieldError({
  id,
  sentence,
  className = "",
}: {
  id: string;
  sentence?: string | undefined;
  className?: string;
}) {
  return sentence ? (
    <p id={id} className={`font-medium text-[12px] text-red ${className}`}>
      {sentence}
    </p>
  ) : null;
}
