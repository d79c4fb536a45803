"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { herePlace } from "./here.tsx";

const names: Record<string, string> = {
  findings: "Findings",
  secrets: "Secrets",
  services: "Services",
  operations: "Operations",
  audit: "Audit history",
  settings: "Settings",
};

/** Where this page is: the Swarm, then the room, then what the page is about (`Here`). */
export function Crumbs({ swarmName }: { swarmName: string }) {
  const [, room = "", inside] = usePathname().split("/");
  const isInside = inside !== undefined && room !== "settings";
  return (
    <nav aria-label="Where you are" className="flex min-w-0 items-center gap-2 text-faint">
      <Link href="/" className={`truncate hover:text-ink ${isInside ? "max-md:hidden" : ""}`}>
        {swarmName}
      </Link>
      <span aria-hidden="true" className={isInside ? "max-md:hidden" : ""}>
        /
      </span>
      <Link
        href={room ? `/${room}` : "/"}
        className={`whitespace-nowrap ${isInside ? "hover:text-ink" : "font-[550] text-ink"}`}
      >
        {names[room] ?? "Overview"}
      </Link>
      <span
        id={herePlace}
        className="truncate font-[550] text-ink before:mr-2 before:font-normal before:text-faint before:content-['/'] empty:hidden"
      />
    </nav>
  );
}
