import Link from "next/link";
import type { ReactNode } from "react";
import type { FindingCount, FindingRule } from "#lib/findings/schema.ts";
import { FindingKind } from "./finding-status.tsx";

type Props = {
  kinds: readonly FindingCount[];
  /** The one whose findings the page shows, null where it shows all; left out on a page that is no such list. */
  shown?: FindingRule | null;
};

/** How many there are of each kind, each leading to the list of them: what is not in sight is counted all the same. */
export function FindingKinds({ kinds, shown }: Props) {
  const total = kinds.reduce((sum, { count }) => sum + count, 0);
  return (
    <nav aria-label="Findings by kind">
      <ul className="flex flex-wrap gap-1.5 px-3 py-2.5">
        {shown !== undefined && (
          <Kind href="/findings" isShown={shown === null} count={total}>
            <span className="px-1">All</span>
          </Kind>
        )}
        {kinds.map(({ rule, count }) => (
          <Kind key={rule} href={`/findings?kind=${rule}`} isShown={shown === rule} count={count}>
            <FindingKind rule={rule} />
          </Kind>
        ))}
      </ul>
    </nav>
  );
}

function Kind({
  href,
  isShown,
  count,
  children,
}: {
  href: string;
  isShown: boolean;
  count: number;
  children: ReactNode;
}) {
  return (
    <li>
      <Link
        href={href}
        prefetch={false}
        aria-current={isShown ? "page" : undefined}
        className="inline-flex min-h-[30px] items-center gap-1.5 rounded-[7px] border border-line2 px-1.5 hover:bg-sunk aria-[current=page]:border-honey-line aria-[current=page]:bg-honey-bg max-md:min-h-10"
      >
        {children}
        <span className="num pr-0.5 font-medium">{count.toLocaleString("en")}</span>
      </Link>
    </li>
  );
}
