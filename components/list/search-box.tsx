"use client";

import { Search } from "lucide-react";
import { type KeyboardEvent, useRef } from "react";
import { inputClass } from "../field.tsx";
import { Kbd } from "../kbd.tsx";
import { useShortcut } from "../shortcuts/use-shortcut.ts";

/** Searches as one types. "/" leads here, Escape empties it. */
export function SearchBox(props: {
  label: string;
  text: string;
  onText: (text: string) => void;
  onKeyDown?: (event: KeyboardEvent) => void;
}) {
  const { label, text, onText, onKeyDown } = props;
  const input = useRef<HTMLInputElement>(null);
  useShortcut("/", () => input.current?.select());
  return (
    <div className="relative w-[330px] max-md:w-full">
      <span aria-hidden="true" className="absolute inset-y-0 left-2.5 grid place-items-center text-faint">
        <Search />
      </span>
      <input
        ref={input}
        aria-label={label}
        placeholder={label}
        value={text}
        autoComplete="off"
        spellCheck={false}
        className={`${inputClass} pr-8 pl-8`}
        onChange={({ currentTarget }) => onText(currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") onText("");
          onKeyDown?.(event);
        }}
      />
      <span aria-hidden="true" className="absolute inset-y-0 right-2 grid place-items-center">
        <Kbd>/</Kbd>
      </span>
    </div>
  );
}
