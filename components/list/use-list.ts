"use client";

import { createSortedRowModel, rowSortingFeature, tableFeatures, useTable } from "@tanstack/react-table";
import { useSearchParams } from "next/navigation";
import { useEffect, useMemo, useState } from "react";
import { type Column, type Filter, type ListState, listStateOf, matching, searchOf } from "./list-schema.ts";

const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel() });

/** Rows as searched, filtered and sorted; the address says how, so that a reload or a link shows the same. */
export function useList<Row extends object>(options: {
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  filters: readonly Filter<Row>[];
  haystackOf: (row: Row) => string;
}) {
  const { rows, columns, filters, haystackOf } = options;
  const [state, setState] = useState<ListState>(listStateOf(useSearchParams()));
  useAddress(state);
  const haystacks = useMemo(() => rows.map((row) => haystackOf(row).toLowerCase()), [rows, haystackOf]);
  const found = useMemo(() => matching(rows, haystacks, state.text), [rows, haystacks, state.text]);
  const test = filters.find(({ id }) => id === state.filter)?.test;
  const data = useMemo(() => (test ? found.filter(test) : found), [found, test]);
  const definitions = useMemo(() => columns.map(definitionOf), [columns]);
  const sorting = useMemo(
    () => (state.sort ? [{ id: state.sort.id, desc: state.sort.isDescending }] : []),
    [state.sort],
  );
  const table = useTable({ features, columns: definitions, data, state: { sorting } });
  const counts = new Map(filters.map(({ id, test: counted }) => [id, found.filter(counted).length]));
  return { state, setState, counts, shown: table.getRowModel().rows.map(({ original }) => original) };
}

function definitionOf<Row>({ id, sortBy }: Column<Row>) {
  return {
    id,
    accessorFn: (row: Row) => sortBy?.(row) ?? undefined,
    sortUndefined: "last" as const,
    sortFn: (a: { getValue: (id: string) => unknown }, b: { getValue: (id: string) => unknown }) =>
      compare(a.getValue(id), b.getValue(id)),
    enableSorting: !!sortBy,
  };
}

const words = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

function compare(a: unknown, b: unknown): number {
  return typeof a === "number" && typeof b === "number" ? a - b : words.compare(String(a), String(b));
}

/** Writes the state into the address without asking the server, a moment after the last key. */
function useAddress(state: ListState): void {
  useEffect(() => {
    const timer = setTimeout(() => {
      const { pathname, search } = window.location;
      const next = searchOf(state, search);
      if (next !== search) window.history.replaceState(null, "", `${pathname}${next}`);
    }, 150);
    return () => clearTimeout(timer);
  }, [state]);
}
