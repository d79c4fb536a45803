"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";

const tabs = [
  { path: "/settings/account", label: "You" },
  { path: "/settings/people", label: "People" },
  { path: "/settings/swarm", label: "Swarm" },
  { path: "/settings/sources", label: "Sources" },
  { path: "/settings/rotators", label: "Rotators" },
  { path: "/settings/defaults", label: "Defaults and automation" },
];

export function SettingsTabs({ hasPeople }: { hasPeople: boolean }) {
  const current = usePathname();
  const shown = tabs.filter(({ path }) => hasPeople || path !== "/settings/people");
  return (
    <nav aria-label="Settings" className="mb-5 flex gap-1 overflow-x-auto border-line border-b">
      {shown.map(({ path, label }) => (
        <Link
          key={path}
          href={path}
          aria-current={current === path ? "page" : undefined}
          className="whitespace-nowrap border-transparent border-b-2 px-3 py-2 text-soft hover:text-ink aria-[current=page]:border-honey aria-[current=page]:font-medium aria-[current=page]:text-ink"
        >
          {label}
        </Link>
      ))}
    </nav>
  );
}
