import Link from "next/link";
import type { OperationRow } from "#lib/operations/schema.ts";
import { operationVerbs } from "#lib/policy/schema.ts";
import { counted } from "#lib/words.ts";
import { Ago } from "./ago.tsx";
import { BreakableName } from "./breakable-name.tsx";
import { OperationStatus } from "./operation-status.tsx";

/** Operations, newest first, each leading to its page. */
export function OperationList({ rows }: { rows: readonly OperationRow[] }) {
  return (
    <ul className="@container divide-y divide-line">
      {rows.map((row) => (
        <li
          key={row.id}
          className="relative grid min-h-[41px] grid-cols-[1fr_auto] items-center gap-x-4 gap-y-1 px-[14px] py-2 focus-within:bg-honey-bg hover:bg-sunk md:grid-cols-[1fr_155px_95px_170px] @4xl:grid-cols-[1fr_170px_110px_240px]"
        >
          <Link
            data-row
            href={`/operations/${row.id}`}
            prefetch={false}
            title={row.secretNames.join(", ")}
            className="font-medium max-md:[overflow-wrap:anywhere] md:truncate after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:outline-honey focus-visible:after:-outline-offset-2"
          >
            {operationVerbs[row.kind]} <BreakableName name={row.secretNames.join(", ")} />
          </Link>
          <span>
            <OperationStatus {...row} />
          </span>
          {/* On a phone, the second line of a row. */}
          <span className="max-md:col-span-2 max-md:flex max-md:text-small md:contents">
            <span className="num shrink-0 text-soft">
              {row.servicesWanted > 0
                ? `${row.servicesDone} of ${counted(row.servicesWanted, "service")}`
                : "no service"}
              <span className="whitespace-pre md:hidden"> · </span>
            </span>
            <span title={row.startedBy} className="truncate text-soft md:text-right md:text-faint">
              {row.startedBy}, <Ago at={row.startedAt} />
            </span>
          </span>
        </li>
      ))}
    </ul>
  );
}
