"use client";

import { usePathname, useSearchParams } from "next/navigation";
import { useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import type { Choice, TableProps } from "./data-table.tsx";

type Sort = { id: string; direction: "up" | "down" };

export type TableState<Row> = {
  shown: readonly Row[];
  search: string;
  setSearch(text: string): void;
  active: ReadonlySet<string>;
  toggle(filterId: string): void;
  /** What is chosen of a thing; empty where anything goes. */
  chosen(choiceId: string): string;
  choose(choiceId: string, value: string): void;
  sort: Sort;
  sortBy(columnId: string): void;
  clear(): void;
};

/** Search, filters and sort live in the address (`q`, `state`, `sort`), so that a list can be sent to somebody. */
export function useTableState<Row>({
  rows,
  columns,
  filters = [],
  choices = [],
  haystackOf,
}: TableProps<Row>): TableState<Row> {
  const query = useSearchParams();
  const path = usePathname();
  const { search, keepSearch } = useSearch(query);
  const looked = useDeferredValue(search.trim().toLowerCase());
  const activeText = query.getAll("state").join("\n");
  const active = useMemo(() => new Set(activeText ? activeText.split("\n") : []), [activeText]);
  const sort = sortIn(query.get("sort"));

  const haystacks = useMemo(() => rows.map((row) => ({ row, text: haystackOf(row) })), [rows, haystackOf]);
  const chosenText = choices.map(({ id }) => query.get(id) ?? "").join("\n");
  const found = useMemo(() => {
    const words = looked.split(/\s+/).filter(Boolean);
    const tests = [
      ...filters.filter(({ id }) => active.has(id)).map(({ test }) => test),
      ...testsOf(choices, chosenText.split("\n")),
    ];
    return haystacks
      .filter(({ row, text }) => words.every((word) => text.includes(word)) && tests.every((test) => test(row)))
      .map(({ row }) => row);
  }, [haystacks, looked, active, filters, choices, chosenText]);
  const shown = useMemo(() => {
    const by = columns.find(({ id }) => id === sort.id)?.sortBy;
    if (!by) return found;
    const sign = sort.direction === "up" ? 1 : -1;
    return found
      .map((row) => ({ row, key: by(row) }))
      .sort((a, b) => sign * compare(a.key, b.key))
      .map(({ row }) => row);
  }, [found, columns, sort.id, sort.direction]);

  const write = (change: (next: URLSearchParams) => void) => {
    const next = new URLSearchParams(window.location.search);
    change(next);
    const text = next.toString();
    window.history.replaceState(null, "", text ? `${path}?${text}` : path);
  };
  return {
    shown,
    search,
    active,
    sort,
    setSearch: (text) => {
      keepSearch(text);
      write((next) => (text ? next.set("q", text) : next.delete("q")));
    },
    chosen: (id) => query.get(id) ?? "",
    choose: (id, value) => write((next) => (value ? next.set(id, value) : next.delete(id))),
    toggle: (id) => write((next) => (active.has(id) ? next.delete("state", id) : next.append("state", id))),
    sortBy: (id) => write((next) => next.set("sort", sort.id === id && sort.direction === "up" ? `-${id}` : id)),
    clear: () => {
      keepSearch("");
      write((next) => {
        for (const name of ["q", "state", ...choices.map(({ id }) => id)]) next.delete(name);
      });
    },
  };
}

function testsOf<Row>(choices: readonly Choice<Row>[], chosen: readonly string[]): ((row: Row) => boolean)[] {
  return choices.flatMap(({ valuesOf }, place) => {
    const value = chosen[place];
    return value ? [(row: Row) => valuesOf(row).includes(value)] : [];
  });
}

/** What is typed shows at once; the address, which lags behind, is heeded only when somebody else changed it. */
function useSearch(query: URLSearchParams) {
  const [search, setSearch] = useState(query.get("q") ?? "");
  const written = useRef(search);
  const keepSearch = (text: string) => {
    written.current = text;
    setSearch(text);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new query is the sign that the address has changed
  useEffect(() => {
    const inAddress = new URLSearchParams(window.location.search).get("q") ?? "";
    if (inAddress === written.current) return;
    written.current = inAddress;
    setSearch(inAddress);
  }, [query]);
  return { search, keepSearch };
}

function sortIn(text: string | null): Sort {
  if (!text) return { id: "", direction: "up" };
  return text.startsWith("-") ? { id: text.slice(1), direction: "down" } : { id: text, direction: "up" };
}

function compare(a: string | number, b: string | number): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), "en", { numeric: true });
}
