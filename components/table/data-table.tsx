"use client";

import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import Link from "next/link";
import { type KeyboardEvent, type ReactNode, useLayoutEffect, useRef, useState } from "react";
import { useShortcut } from "../shortcuts/use-shortcut.ts";
import { HeadBox, RowBox, SelectionBar } from "./selection-parts.tsx";
import { type TableState, useTableState } from "./table-state.ts";
import { TableTools } from "./table-tools.tsx";
import { type Selecting, type Selection, useSelection } from "./use-selection.ts";

export type Column<Row> = {
  id: string;
  title: string;
  cell(row: Row): ReactNode;
  /** What it sorts by; a column without it does not sort. */
  sortBy?: (row: Row) => string | number;
  className?: string;
  /** Left away on a phone. */
  isWide?: boolean;
};

export type Filter<Row> = { id: string; label: string; test(row: Row): boolean };

/** One of the values that rows have of a thing, such as their stack; kept in the address under its id. */
export type Choice<Row> = { id: string; label: string; valuesOf(row: Row): readonly string[] };

export type TableProps<Row> = {
  label: string;
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  keyOf(row: Row): string;
  hrefOf(row: Row): string;
  /** Everything that the search looks through, in lower case. */
  haystackOf(row: Row): string;
  /** On a phone, the second line of a row: what its other columns say. */
  underOf?(row: Row): string;
  filters?: readonly Filter<Row>[];
  choices?: readonly Choice<Row>[];
  placeholder: string;
  /** What can be done with everything that one choice leaves, such as a whole stack. */
  toolsFor?(chosen: (choiceId: string) => string): ReactNode;
  /** What can be done with several rows at once; without it, or a row that it fits, none can be selected. */
  selecting?: (Selecting<Row> & { actions(selected: readonly Row[]): ReactNode }) | undefined;
  /** Shown when there is no row at all. */
  empty: ReactNode;
};

const rowPixels = 41;
/** Two lines for the name, one for what is under it. */
const phoneRowPixels = 69;

/** A list of anything: searched as one types, filtered and sorted in the address, quick with 10,000 rows, and led by keys. */
export function DataTable<Row>(props: TableProps<Row>) {
  const { rows, filters = [], choices = [], keyOf } = props;
  const selecting = rows.some((row) => props.selecting?.isSelectable(row)) ? props.selecting : undefined;
  const table = { ...props, selecting };
  const state = useTableState(props);
  const selection = useSelection(rows, state.shown, { keyOf, selecting });
  const body = useRef<HTMLTableSectionElement>(null);
  const [top, setTop] = useState(0);
  const [isPhone, setPhone] = useState(false);
  useLayoutEffect(() => {
    const measure = () => {
      setTop((body.current?.getBoundingClientRect().top ?? 0) + window.scrollY);
      setPhone(props.underOf !== undefined && window.matchMedia("(width < 48rem)").matches);
    };
    measure();
    window.addEventListener("resize", measure);
    return () => window.removeEventListener("resize", measure);
  }, [props.underOf]);
  const virtual = useWindowVirtualizer({
    count: state.shown.length,
    estimateSize: () => (isPhone ? phoneRowPixels : rowPixels),
    overscan: 20,
    scrollMargin: top,
    initialRect: { width: 1440, height: 1200 },
    getItemKey: (index) => keyOf(state.shown[index] as Row),
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows have another height on a phone
  useLayoutEffect(() => virtual.measure(), [isPhone]);
  const items = virtual.getVirtualItems();
  const before = items[0] ? items[0].start - top : 0;
  const width = props.columns.length + (selecting ? 1 : 0);
  const after = virtual.getTotalSize() - ((items.at(-1)?.end ?? top) - top);

  const focusRow = (wanted: number) => {
    const next = Math.max(0, Math.min(state.shown.length - 1, wanted));
    virtual.scrollToIndex(next);
    requestAnimationFrame(() => body.current?.querySelector<HTMLElement>(`tr[data-index="${next}"] a`)?.focus());
  };
  // From wherever the focus is: within the table, the keys go on from the row that has it.
  useShortcut("j", () => focusRow(0));
  useShortcut("k", () => focusRow(state.shown.length - 1));

  const onKey = (event: KeyboardEvent) => {
    const at = (event.target as HTMLElement).closest("tr")?.dataset.index;
    if (event.key === " " && at !== undefined && selecting && event.target instanceof HTMLAnchorElement) {
      event.preventDefault();
      return selection.toggle(state.shown[Number(at)] as Row, event.shiftKey);
    }
    const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    const { target } = event;
    if (target instanceof HTMLSelectElement) return;
    const isField = target instanceof HTMLInputElement && target.type !== "checkbox";
    if (isField && event.key !== "ArrowDown") return;
    const from = Number(at ?? (step > 0 ? -1 : state.shown.length));
    event.preventDefault();
    focusRow(from + step);
  };

  if (rows.length === 0) return <Frame>{props.empty}</Frame>;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys move between the links of the rows
    <div className="grid gap-3" onKeyDown={onKey}>
      <TableTools state={state} filters={filters} choices={choices} rows={rows} placeholder={props.placeholder}>
        {props.toolsFor?.(state.chosen)}
      </TableTools>
      <Frame>
        <table className="w-full border-collapse text-left" aria-label={props.label} aria-rowcount={state.shown.length}>
          <Head columns={props.columns} state={state} selection={selecting && selection} />
          <tbody ref={body}>
            <Spacer pixels={before} columns={width} />
            {items.map(({ index, key }) => (
              <BodyRow key={key} index={index} row={state.shown[index] as Row} table={table} selection={selection} />
            ))}
            <Spacer pixels={after} columns={width} />
          </tbody>
        </table>
        {state.shown.length === 0 && (
          <p className="border-line border-t px-4 py-10 text-center text-soft">
            Nothing matches.{" "}
            <button type="button" className="font-medium text-ink underline" onClick={state.clear}>
              Clear the search and filters
            </button>
          </p>
        )}
      </Frame>
      {selecting && selection.selected.length > 0 && (
        <SelectionBar selection={selection}>{selecting.actions(selection.selected)}</SelectionBar>
      )}
    </div>
  );
}

function Frame({ children }: { children: ReactNode }) {
  return <div className="overflow-clip rounded-card border border-line bg-panel shadow-card">{children}</div>;
}

function Spacer({ pixels, columns }: { pixels: number; columns: number }) {
  if (pixels <= 0) return null;
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: an empty row takes no focus
    <tr aria-hidden="true">
      <td colSpan={columns} style={{ height: pixels, padding: 0 }} />
    </tr>
  );
}

function Head<Row>({
  columns,
  state,
  selection,
}: {
  columns: readonly Column<Row>[];
  state: TableState<Row>;
  selection: Selection<Row> | undefined;
}) {
  return (
    <thead className="sticky top-12 z-10 bg-panel text-faint text-small shadow-[0_1px_0_var(--line)]">
      <tr>
        {selection && <HeadBox selection={selection} />}
        {columns.map(({ id, title, sortBy, isWide, className = "" }) => {
          const direction = state.sort.id === id ? state.sort.direction : null;
          return (
            <th
              key={id}
              scope="col"
              aria-sort={direction === null ? undefined : direction === "up" ? "ascending" : "descending"}
              className={`whitespace-nowrap px-3 py-[7px] font-medium ${isWide ? "max-md:hidden" : ""} ${className}`}
            >
              {sortBy ? (
                <button
                  type="button"
                  className="inline-flex items-center gap-1 hover:text-ink [&_svg]:size-3"
                  onClick={() => state.sortBy(id)}
                >
                  {title}
                  {direction === "up" && <ArrowUp aria-hidden="true" />}
                  {direction === "down" && <ArrowDown aria-hidden="true" />}
                </button>
              ) : (
                title
              )}
            </th>
          );
        })}
      </tr>
    </thead>
  );
}

function BodyRow<Row>({
  index,
  row,
  table,
  selection,
}: {
  index: number;
  row: Row;
  table: TableProps<Row>;
  selection: Selection<Row>;
}) {
  return (
    <tr
      data-index={index}
      data-selected={selection.isSelected(row) || undefined}
      aria-rowindex={index + 1}
      className="relative border-line border-t focus-within:bg-honey-bg hover:bg-sunk data-selected:bg-honey-bg"
    >
      {table.selecting && <RowBox row={row} selection={selection} selecting={table.selecting} />}
      {table.columns.map(({ id, cell, isWide, className = "" }, place) => (
        <td
          key={id}
          className={`h-[41px] max-w-0 truncate px-3 ${table.underOf ? "max-md:h-[69px]" : ""} ${isWide ? "max-md:hidden" : ""} ${className}`}
        >
          {place === 0 ? (
            <Link
              href={table.hrefOf(row)}
              prefetch={false}
              className="after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:outline-honey focus-visible:after:-outline-offset-2"
            >
              <span className={table.underOf && "max-md:line-clamp-2 max-md:whitespace-normal max-md:wrap-anywhere"}>
                {cell(row)}
              </span>
              {table.underOf && (
                <span className="mt-0.5 block truncate text-small text-soft md:hidden" suppressHydrationWarning>
                  {table.underOf(row)}
                </span>
              )}
            </Link>
          ) : (
            cell(row)
          )}
        </td>
      ))}
    </tr>
  );
}
