"use client";

import { type ReactNode, useId } from "react";
import { CopyButton } from "./copy-button.tsx";

/** Something that is shown once and has to be taken along: a link, a generated value. */
export function CopyField({ label, text }: { label: ReactNode; text: string }) {
  const id = useId();
  return (
    <div className="grid gap-1">
      <label htmlFor={id} className="font-medium">
        {label}
      </label>
      <div className="flex gap-2">
        <input
          id={id}
          readOnly
          value={text}
          autoComplete="off"
          spellCheck={false}
          onFocus={(event) => event.currentTarget.select()}
          className="min-w-0 flex-1 rounded-[7px] border border-line2 bg-sunk px-2.5 py-1 font-mono"
        />
        <CopyButton text={text} />
      </div>
    </div>
  );
}
