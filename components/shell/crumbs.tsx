"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";

const names: Record<string, string> = {
  secrets: "Secrets",
  services: "Services",
  operations: "Operations",
  audit: "Audit history",
  settings: "Settings",
};

/** Where this page is: the Swarm, then the room. What the page itself is, its title says. */
export function Crumbs({ swarmName }: { swarmName: string }) {
  const room = usePathname().split("/")[1] ?? "";
  return (
    <nav aria-label="Where you are" className="flex min-w-0 items-center gap-2 text-faint">
      <Link href="/" className="truncate hover:text-ink">
        {swarmName}
      </Link>
      <span aria-hidden="true">/</span>
      <Link href={room ? `/${room}` : "/"} className="whitespace-nowrap font-[550] text-ink">
        {names[room] ?? "Overview"}
      </Link>
    </nav>
  );
}
