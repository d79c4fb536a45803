import Link from "next/link";
import type { ReactNode } from "react";
import type { SignedInView } from "#lib/auth/schema.ts";
import type { FrameView } from "#lib/inventory/schema.ts";
import { Shortcuts } from "../shortcuts/shortcuts.tsx";
import { Banner } from "./banner.tsx";
import { Brand } from "./brand.tsx";
import { Crumbs } from "./crumbs.tsx";
import { LiveRefresh } from "./live-refresh.tsx";
import { Nav } from "./nav.tsx";
import { SwarmCard } from "./swarm-card.tsx";

type Props = {
  frame: FrameView;
  person: SignedInView;
  mayCreate: boolean;
  refreshPage: () => Promise<string | null>;
  children: ReactNode;
};

/** The frame of every page: rooms at the side, where one is at the top, and what is wrong before anything else. */
export function AppShell({ frame, person, mayCreate, refreshPage, children }: Props) {
  return (
    <div className="grid min-h-dvh grid-rows-[1fr_auto] print:block md:grid-cols-[216px_minmax(0,1fr)] md:grid-rows-1">
      <a
        href="#page"
        className="-translate-y-16 fixed top-2 left-2 z-50 rounded-md bg-button px-3 py-1.5 text-on-button focus:translate-y-0 print:hidden"
      >
        Skip to the page
      </a>
      <aside
        aria-label="Console"
        className="sticky top-0 flex h-dvh flex-col gap-3 border-line border-r bg-sunk px-2.5 py-3.5 max-md:hidden print:hidden"
      >
        <Link href="/" className="px-2 py-1">
          <Brand />
        </Link>
        <SwarmCard frame={frame} />
        <Nav counts={frame.counts} />
        <Person person={person} />
      </aside>
      <div className="flex min-w-0 flex-col">
        <header className="sticky top-0 z-20 flex h-12 items-center justify-between gap-3 border-line border-b bg-bg px-6 max-md:px-4 print:hidden">
          <Crumbs swarmName={frame.swarm.name} />
          <LiveRefresh
            revision={frame.revision}
            asOf={frame.asOf}
            isSwarmThere={frame.connection.state === "connected"}
            refreshPage={refreshPage}
          />
          <Shortcuts mayCreate={mayCreate} />
        </header>
        <Banner frame={frame} />
        <main id="page" className="min-w-0 flex-1 px-6 py-[22px] max-md:px-4 max-md:py-4">
          {children}
        </main>
      </div>
      <div className="sticky bottom-0 z-20 md:hidden print:hidden">
        <Nav counts={frame.counts} isRow />
      </div>
    </div>
  );
}

function Person({ person }: { person: SignedInView }) {
  return (
    <Link
      href="/settings/account"
      className="mt-auto flex items-center gap-2 border-line border-t px-2 pt-2.5 text-soft hover:text-ink"
    >
      <span
        aria-hidden="true"
        className="grid size-[22px] shrink-0 place-items-center rounded-full bg-honey-bg font-[650] text-[10.5px] text-honey"
      >
        {initialsOf(person.name)}
      </span>
      <span className="truncate">{person.name}</span>
      <span className="ml-auto text-faint">{person.role}</span>
    </Link>
  );
}

function initialsOf(name: string): string {
  return name
    .split(/[\s._-]+/)
    .slice(0, 2)
    .map((word) => word.charAt(0).toUpperCase())
    .join("");
}
