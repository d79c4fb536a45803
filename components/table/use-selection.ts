"use client";

import { useEffect, useMemo, useRef, useState } from "react";
import { useShortcut } from "../shortcuts/use-shortcut.ts";

/** What can be done to several rows at once. */
export type Selecting<Row> = {
  isSelectable(row: Row): boolean;
  nameOf(row: Row): string;
};

export type Selection<Row> = {
  /** Those that are selected and still there, in the order of all rows; filters hide some, and keep them. */
  selected: readonly Row[];
  isSelected(row: Row): boolean;
  isSelectable(row: Row): boolean;
  /** With a range: everything from the row that was chosen last to this one. */
  toggle(row: Row, isRange: boolean): void;
  /** Of the rows that are shown, which are selected. */
  shown: "all" | "some" | "none";
  toggleShown(): void;
  clear(): void;
};

/** A set of keys: rows come and go by themselves, and what has gone is no longer selected. */
export function useSelection<Row>(
  rows: readonly Row[],
  shown: readonly Row[],
  { keyOf, selecting }: { keyOf(row: Row): string; selecting: Selecting<Row> | undefined },
): Selection<Row> {
  const [keys, setKeys] = useState<ReadonlySet<string>>(new Set());
  const last = useRef<string | null>(null);
  const isSelectable = (row: Row) => selecting?.isSelectable(row) ?? false;
  const selected = useMemo(
    () => (keys.size === 0 ? [] : rows.filter((row) => keys.has(keyOf(row)) && selecting?.isSelectable(row))),
    [rows, keys, keyOf, selecting],
  );
  // What has gone, or is being rotated by somebody else, is not selected again when it comes back.
  useEffect(
    () => setKeys((before) => (before.size === selected.length ? before : new Set(selected.map(keyOf)))),
    [selected, keyOf],
  );
  const able = shown.filter(isSelectable);
  const count = keys.size === 0 ? 0 : able.filter((row) => keys.has(keyOf(row))).length;
  const change = (more: readonly Row[], isIn: boolean) => {
    setKeys((before) => {
      const next = new Set(before);
      for (const row of more) isIn ? next.add(keyOf(row)) : next.delete(keyOf(row));
      return next;
    });
  };
  const clear = () => setKeys(new Set());
  useShortcut("Escape", () => keys.size > 0 && clear());
  return {
    selected,
    isSelected: (row) => keys.has(keyOf(row)) && isSelectable(row),
    isSelectable,
    toggle(row, isRange) {
      if (!isSelectable(row)) return;
      const from = isRange ? shown.findIndex((each) => keyOf(each) === last.current) : -1;
      const to = shown.indexOf(row);
      last.current = keyOf(row);
      if (from === -1) return change([row], !keys.has(keyOf(row)));
      change(shown.slice(Math.min(from, to), Math.max(from, to) + 1).filter(isSelectable), true);
    },
    shown: count === 0 ? "none" : count === able.length ? "all" : "some",
    toggleShown: () => change(able, count < able.length),
    clear,
  };
}
