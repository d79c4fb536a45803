"use client";

import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import Link from "next/link";
import { type KeyboardEvent, type ReactNode, useLayoutEffect, useRef, useState } from "react";
import type { ListProps } from "./list.tsx";
import type { Column, ListState } from "./list-schema.ts";

type Sort = ListState["sort"];
type Props<Row> = Omit<ListProps<Row>, "filters"> & {
  shown: readonly Row[];
  sort: Sort;
  onSort: (sort: Sort) => void;
};

/** Draws only the rows in sight. The page itself scrolls, and the header stays under the top bar. */
export function ListTable<Row extends object>({ shown, sort, onSort, ...list }: Props<Row>) {
  const table = useRef<HTMLTableElement>(null);
  const scrollMargin = useTop(table);
  const virtual = useWindowVirtualizer({
    count: shown.length,
    estimateSize: () => 41,
    overscan: 12,
    scrollMargin,
    initialRect: { width: 1440, height: 900 },
    getItemKey: (place) => keyAt(place),
  });
  const keyAt = (place: number) => {
    const row = shown[place];
    return row ? list.keyOf(row) : place;
  };
  const items = virtual.getVirtualItems();
  const before = (items[0]?.start ?? scrollMargin) - scrollMargin;
  const after = virtual.getTotalSize() - ((items.at(-1)?.end ?? scrollMargin) - scrollMargin);

  const move = (event: KeyboardEvent) => {
    const steps: Record<string, number> = {
      ArrowDown: 1,
      j: 1,
      ArrowUp: -1,
      k: -1,
      Home: -shown.length,
      End: shown.length,
    };
    const step = steps[event.key];
    const place = (event.target as HTMLElement).closest("tr")?.dataset.index;
    if (!step || place === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(shown.length - 1, Number(place) + step));
    virtual.scrollToIndex(next, { align: "auto" });
    focusRow(table.current, next);
  };
  return (
    <div className="overflow-clip rounded-card border border-line bg-panel shadow-card">
      <table ref={table} aria-label={list.label} aria-rowcount={shown.length + 1} className="w-full table-fixed">
        <thead className="sticky top-12 z-10 bg-panel max-md:sr-only">
          <tr aria-rowindex={1}>
            {list.columns.map((column) => (
              <Header key={column.id} column={column} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody onKeyDown={move}>
          <Gap height={before} />
          {items.map(({ index, key }) => {
            const row = shown[index];
            return (
              row && (
                <tr
                  key={key}
                  ref={virtual.measureElement}
                  data-index={index}
                  aria-rowindex={index + 2}
                  className="relative h-[41px] border-line border-t focus-within:bg-honey-bg hover:bg-sunk focus-within:hover:bg-honey-bg"
                >
                  {list.columns.map(({ id, cell }, place) => (
                    <td key={id} className="truncate px-3 max-md:hidden">
                      {place === 0 ? <RowLink href={list.hrefOf(row)}>{cell(row)}</RowLink> : cell(row)}
                    </td>
                  ))}
                  <td colSpan={list.columns.length} className="px-3.5 py-2.5 md:hidden">
                    <RowLink href={list.hrefOf(row)}>{list.card(row)}</RowLink>
                  </td>
                </tr>
              )
            );
          })}
          <Gap height={after} />
        </tbody>
      </table>
    </div>
  );
}

/** The whole row is this link; what else can be pressed in the row lies above it. */
function RowLink({ href, children }: { href: string; children: ReactNode }) {
  return (
    <Link
      href={href}
      prefetch={false}
      data-row-link
      className="block truncate font-[550] outline-none after:absolute after:inset-0 focus-visible:after:outline-2 focus-visible:after:outline-honey focus-visible:after:-outline-offset-2"
    >
      {children}
    </Link>
  );
}

function Header<Row>({ column, sort, onSort }: { column: Column<Row>; sort: Sort; onSort: (sort: Sort) => void }) {
  const { id, header, width = "", sortBy } = column;
  const direction = sort?.id === id ? (sort.isDescending ? "descending" : "ascending") : undefined;
  const next = direction === "descending" ? null : { id, isDescending: direction === "ascending" };
  return (
    <th
      scope="col"
      aria-sort={direction}
      className={`h-[31px] px-3 text-left font-medium text-faint text-small ${width}`}
    >
      {sortBy ? (
        <button
          type="button"
          onClick={() => onSort(next)}
          className="inline-flex items-center gap-1 hover:text-ink [&_svg]:size-3"
        >
          {header}
          {direction && (direction === "ascending" ? <ArrowUp /> : <ArrowDown />)}
        </button>
      ) : (
        header
      )}
    </th>
  );
}

/** The room of rows that are not drawn. An attribute, because a strict policy lets no inline style through. */
function Gap({ height }: { height: number }) {
  if (height <= 0) return null;
  return (
    <tr aria-hidden="true">
      <td height={height} />
    </tr>
  );
}

/** Where the list begins on the page; what is above it may come and go. */
function useTop(element: React.RefObject<HTMLElement | null>): number {
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const measure = () => setTop(Math.round((element.current?.getBoundingClientRect().top ?? 0) + window.scrollY));
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    measure();
    return () => observer.disconnect();
  }, [element]);
  return top;
}

/** The row may only just have scrolled into being: a few frames are waited for it. */
function focusRow(table: HTMLElement | null, index: number, framesLeft = 12): void {
  const links = table?.querySelectorAll<HTMLElement>(`tr[data-index="${index}"] [data-row-link]`) ?? [];
  const link = [...links].find((candidate) => candidate.checkVisibility());
  if (link) link.focus({ preventScroll: true });
  else if (framesLeft > 0) requestAnimationFrame(() => focusRow(table, index, framesLeft - 1));
}
