import type { ComponentProps } from "react";
import { type FieldFrame, inputClass, useFrame } from "./field.tsx";

export function TextAreaField({ label, hint, error, ...area }: ComponentProps<"textarea"> & FieldFrame) {
  const { id, described, frame } = useFrame({ label, hint, error }, area.id);
  return frame(
    <textarea
      rows={3}
      {...area}
      id={id}
      aria-invalid={error ? true : undefined}
      aria-describedby={described}
      className={`${inputClass} ${area.className ?? ""}`}
    />,
  );
}
