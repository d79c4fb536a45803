"use client";

import { type ReactNode, useEffect, useRef } from "react";
import { Button } from "../button.tsx";
import { inputClass } from "../field.tsx";
import { Kbd } from "../kbd.tsx";
import { useShortcut } from "../shortcuts/use-shortcut.ts";
import { type Query, textIn } from "./query.ts";
import { useAddress } from "./use-address.ts";

/** The search and the filters of a list that the server makes. Each choice goes into the address at once, so that what was found can be sent to somebody. */
export function FilterForm({
  path,
  query,
  names,
  placeholder,
  children,
}: {
  path: string;
  query: Query;
  /** What the address keeps, `q` for the search among them. */
  names: readonly string[];
  placeholder: string;
  children: ReactNode;
}) {
  const { form, apply, applySoon, clear, isPending } = useAddress(path);
  const search = useRef<HTMLInputElement>(null);
  useShortcut("/", () => search.current?.focus());
  const searched = textIn(query, "q");
  useEffect(() => {
    // The address may change by another way than by typing, which must not be disturbed.
    const input = search.current;
    if (input && document.activeElement !== input) input.value = searched;
  }, [searched]);
  const isSet = names.some((name) => textIn(query, name) !== "");
  const isNarrowed = names.some((name) => name !== "q" && textIn(query, name) !== "");
  return (
    <form
      ref={form}
      method="get"
      aria-label="Filters"
      aria-busy={isPending}
      className="mb-3 flex flex-wrap items-center gap-2.5"
      onChange={({ target }) => (target instanceof HTMLInputElement && isTyped(target) ? applySoon() : apply())}
      onSubmit={(event) => {
        event.preventDefault();
        apply();
      }}
    >
      <div className="relative w-full max-w-[270px] max-md:max-w-none">
        <input
          ref={search}
          type="search"
          name="q"
          aria-label="Search"
          defaultValue={searched}
          placeholder={placeholder}
          className={`peer ${inputClass} pr-8`}
        />
        <span className="pointer-events-none absolute inset-y-0 right-2 grid place-items-center text-faint peer-[:not(:placeholder-shown)]:hidden">
          <Kbd>/</Kbd>
        </span>
      </div>
      {/* On a phone the list comes first; what is set stays open. */}
      <input type="checkbox" id="more-filters" className="peer sr-only md:hidden" defaultChecked={isNarrowed} />
      <label
        htmlFor="more-filters"
        className="w-fit cursor-pointer py-1 text-soft underline underline-offset-2 peer-checked:hidden peer-focus-visible:outline-2 peer-focus-visible:outline-honey md:hidden"
      >
        More filters
      </label>
      <div className="contents max-md:hidden max-md:peer-checked:contents">{children}</div>
      {isSet && <Button onClick={clear}>Clear</Button>}
      <button type="submit" className="sr-only">
        Filter
      </button>
    </form>
  );
}

function isTyped({ type }: HTMLInputElement): boolean {
  return type === "search" || type === "text";
}
