"use client";

import { type ReactNode, useMemo, useRef } from "react";
import { chipSelectClass } from "../chip.ts";
import { Kbd } from "../kbd.tsx";
import { useShortcut } from "../shortcuts/use-shortcut.ts";
import type { Choice, Filter } from "./data-table.tsx";
import type { TableState } from "./table-state.ts";

/** The search, reached with `/`, and the filters that would find something. */
export function TableTools<Row>({
  state,
  filters,
  choices,
  rows,
  placeholder,
  children,
}: {
  state: TableState<Row>;
  filters: readonly Filter<Row>[];
  choices: readonly Choice<Row>[];
  rows: readonly Row[];
  placeholder: string;
  children?: ReactNode;
}) {
  const input = useRef<HTMLInputElement>(null);
  useShortcut("/", () => input.current?.focus());
  return (
    <div className="flex flex-wrap items-center gap-2.5">
      <div className="relative w-full max-w-[330px] max-md:max-w-none">
        <input
          ref={input}
          type="search"
          aria-label="Search"
          placeholder={placeholder}
          value={state.search}
          onChange={({ currentTarget }) => state.setSearch(currentTarget.value)}
          className="peer w-full min-h-[30px] rounded-[7px] border border-line2 bg-panel py-1 pr-8 pl-2.5 max-md:min-h-10 max-md:text-[16px]"
        />
        <span className="pointer-events-none absolute inset-y-0 right-2 grid place-items-center text-faint peer-[:not(:placeholder-shown)]:hidden">
          <Kbd>/</Kbd>
        </span>
      </div>
      {filters.map(({ id, label, test }) => {
        const count = rows.filter(test).length;
        const isActive = state.active.has(id);
        if (count === 0 && !isActive) return null;
        return (
          <button
            key={id}
            type="button"
            aria-pressed={isActive}
            onClick={() => state.toggle(id)}
            className="rounded-full border border-line bg-panel px-2.5 py-0.5 text-soft hover:text-ink aria-pressed:border-honey-line aria-pressed:bg-honey-bg aria-pressed:font-[550] aria-pressed:text-honey max-md:min-h-9"
          >
            {label} <span className="num">{count.toLocaleString("en")}</span>
          </button>
        );
      })}
      {choices.map((choice) => (
        <ChoiceChip key={choice.id} choice={choice} rows={rows} state={state} />
      ))}
      {children}
    </div>
  );
}

/** "Stack: any". Where there is nothing to choose between, there is no choice. */
function ChoiceChip<Row>({
  choice: { id, label, valuesOf },
  rows,
  state,
}: {
  choice: Choice<Row>;
  rows: readonly Row[];
  state: TableState<Row>;
}) {
  const values = useMemo(() => [...new Set(rows.flatMap((row) => valuesOf(row)))].sort(), [rows, valuesOf]);
  const chosen = state.chosen(id);
  if (values.length < 2 && chosen === "") return null;
  return (
    <select
      aria-label={label}
      value={chosen}
      onChange={({ currentTarget }) => state.choose(id, currentTarget.value)}
      className={chipSelectClass}
      data-chosen={chosen !== ""}
    >
      <option value="">{label}: any</option>
      {values.map((value) => (
        <option key={value} value={value}>
          {label}: {value}
        </option>
      ))}
      {chosen !== "" && !values.includes(chosen) && (
        <option value={chosen}>
          {label}: {chosen}
        </option>
      )}
    </select>
  );
}
