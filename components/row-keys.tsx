"use client";

import { type KeyboardEvent, type ReactNode, useRef } from "react";
import { useShortcut } from "./shortcuts/use-shortcut.ts";

/** Leads through the rows of a list that the server made, by J, K and the arrows as in a table. Each row's link bears `data-row`. */
export function RowKeys({ children }: { children: ReactNode }) {
  const box = useRef<HTMLDivElement>(null);
  const focusRow = (wanted: (last: number) => number) => {
    const links = [...(box.current?.querySelectorAll<HTMLElement>("a[data-row]") ?? [])];
    const last = links.length - 1;
    links[Math.max(0, Math.min(last, wanted(last)))]?.focus();
  };
  useShortcut("j", () => focusRow(() => 0));
  useShortcut("k", () => focusRow((last) => last));
  const onKey = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    const links = [...(box.current?.querySelectorAll<HTMLElement>("a[data-row]") ?? [])];
    const at = links.findIndex((link) => link.closest("li")?.contains(event.target as Node));
    if (at === -1) return;
    event.preventDefault();
    focusRow(() => at + step);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys move between the links of the rows
    <div ref={box} onKeyDown={onKey}>
      {children}
    </div>
  );
}
