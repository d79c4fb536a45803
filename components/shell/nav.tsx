"use client";

import { BookOpen, Box, House, KeyRound, RotateCw, Settings } from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import type { FrameView } from "#lib/inventory/schema.ts";

type Item = { href: string; label: string; icon: React.ReactNode; count?: number; hot?: number };

/** The rooms of the console, in a column at the side or a row at the foot of a phone. */
export function Nav({ counts, isRow = false }: { counts: FrameView["counts"]; isRow?: boolean }) {
  const path = usePathname();
  return (
    <nav
      aria-label="Main"
      className={
        isRow ? "grid grid-cols-6 border-line border-t bg-sunk px-1 pb-[env(safe-area-inset-bottom)]" : "grid gap-0.5"
      }
    >
      {itemsFor(counts).map((item) => {
        const isCurrent = item.href === "/" ? isOverview(path) : path.startsWith(item.href);
        return isRow ? (
          <RowLink key={item.href} item={item} isCurrent={isCurrent} />
        ) : (
          <ColumnLink key={item.href} item={item} isCurrent={isCurrent} />
        );
      })}
    </nav>
  );
}

/** The whole list of what the overview begins with belongs to it. */
function isOverview(path: string): boolean {
  return path === "/" || path.startsWith("/findings");
}

function ColumnLink({ item, isCurrent }: { item: Item; isCurrent: boolean }) {
  return (
    <Link
      href={item.href}
      aria-current={isCurrent ? "page" : undefined}
      className="flex items-center gap-[9px] rounded-md px-[9px] py-1.5 text-soft hover:text-ink aria-[current=page]:bg-panel aria-[current=page]:font-[550] aria-[current=page]:text-ink aria-[current=page]:shadow-[inset_0_0_0_1px_var(--line)]"
    >
      {item.icon}
      {item.label}
      <Count item={item} />
    </Link>
  );
}

function RowLink({ item, isCurrent }: { item: Item; isCurrent: boolean }) {
  return (
    <Link
      href={item.href}
      aria-current={isCurrent ? "page" : undefined}
      className="relative grid min-h-14 content-center justify-items-center gap-1 text-[10.5px] text-soft aria-[current=page]:font-semibold aria-[current=page]:text-honey"
    >
      {item.icon}
      {item.label.split(" ")[0]}
      {!!item.hot && (
        <span className="num absolute top-1 left-1/2 ml-2 rounded-full bg-honey px-1 font-semibold text-[10px] text-on-honey">
          {item.hot}
        </span>
      )}
    </Link>
  );
}

function Count({ item }: { item: Item }) {
  if (item.hot) {
    return (
      <span className="num ml-auto rounded-full bg-honey px-1.5 font-semibold text-[11px] text-on-honey">
        {item.hot}
      </span>
    );
  }
  if (!item.count) return null;
  return <span className="num ml-auto text-[11px] text-faint">{item.count.toLocaleString("en")}</span>;
}

function itemsFor(counts: FrameView["counts"]): Item[] {
  return [
    { href: "/", label: "Overview", icon: <House />, count: counts.needAttention },
    { href: "/secrets", label: "Secrets", icon: <KeyRound />, count: counts.secrets },
    { href: "/services", label: "Services", icon: <Box />, count: counts.services },
    { href: "/operations", label: "Operations", icon: <RotateCw />, hot: counts.openOperations },
    { href: "/audit", label: "Audit history", icon: <BookOpen /> },
    { href: "/settings", label: "Settings", icon: <Settings /> },
  ];
}
