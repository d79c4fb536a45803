"use client";

import { type KeyboardEvent, type ReactNode, useRef } from "react";
import { Chip } from "../chip.tsx";
import { EmptyState } from "../empty-state.tsx";
import type { Column, Filter, ListState } from "./list-schema.ts";
import { ListTable } from "./list-table.tsx";
import { SearchBox } from "./search-box.tsx";
import { useList } from "./use-list.ts";

export type ListProps<Row> = {
  /** What the list holds, for those who hear the page: "Secrets". */
  label: string;
  searchLabel: string;
  rows: readonly Row[];
  /** Stable between renders, as are `filters` and `haystackOf`: define them outside the component. */
  columns: readonly Column<Row>[];
  filters?: readonly Filter<Row>[];
  keyOf: (row: Row) => string;
  hrefOf: (row: Row) => string;
  /** Everything of a row that the search looks through. */
  haystackOf: (row: Row) => string;
  /** The row on a phone. */
  card: (row: Row) => ReactNode;
  /** What to do next when there are no rows at all. */
  empty: ReactNode;
};

const noFilters: readonly never[] = [];

/** A list of any length: search, filters and sort in the address, the keyboard all the way, rows that are links. */
export function List<Row extends object>({ filters = noFilters, ...props }: ListProps<Row>) {
  const { rows, columns, haystackOf } = props;
  const { state, setState, counts, shown } = useList({ rows, columns, filters, haystackOf });
  const frame = useRef<HTMLDivElement>(null);
  const change = (part: Partial<ListState>) => setState({ ...state, ...part });
  if (rows.length === 0) return props.empty;

  const intoRows = (event: KeyboardEvent) => {
    if (event.key !== "ArrowDown" && event.key !== "Enter") return;
    event.preventDefault();
    const links = frame.current?.querySelectorAll<HTMLElement>("[data-row-link]") ?? [];
    [...links].find((link) => link.checkVisibility())?.focus();
  };
  return (
    <div ref={frame} className="grid gap-3">
      <div className="flex flex-wrap items-center gap-2.5">
        <SearchBox
          label={props.searchLabel}
          text={state.text}
          onText={(text) => change({ text })}
          onKeyDown={intoRows}
        />
        {filters.map(({ id, label }) => (
          <Chip
            key={id}
            isOn={state.filter === id}
            count={counts.get(id) ?? 0}
            onClick={() => change({ filter: state.filter === id ? null : id })}
          >
            {label}
          </Chip>
        ))}
        <span role="status" className={shown.length === rows.length ? "sr-only" : "num text-faint"}>
          {shown.length.toLocaleString("en")} of {rows.length.toLocaleString("en")}
        </span>
      </div>
      {shown.length > 0 ? (
        <ListTable {...props} shown={shown} sort={state.sort} onSort={(sort) => change({ sort })} />
      ) : (
        <EmptyState title="Nothing matches" sentence="Try fewer words, or take the filter away.">
          <Chip isOn={false} onClick={() => change({ text: "", filter: null })}>
            Show all {rows.length.toLocaleString("en")}
          </Chip>
        </EmptyState>
      )}
    </div>
  );
}
