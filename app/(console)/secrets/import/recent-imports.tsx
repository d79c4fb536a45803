import Link from "next/link";
import { Ago } from "#components/ago.tsx";
import { Mono } from "#components/mono.tsx";
import type { ImportRow } from "#lib/imports/schema.ts";
import { ImportStatus } from "./import-status.tsx";
import { countsText } from "./words.ts";

export function RecentImports({ imports }: { imports: readonly ImportRow[] }) {
  return (
    <ul className="divide-y divide-line">
      {imports.map(({ id, sourceName, startedBy, startedAt, counts }) => (
        <li key={id} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5">
          <Link href={`/secrets/import/${id}`} className="min-w-0 flex-1 basis-60 font-medium hover:underline">
            From <Mono>{sourceName}</Mono>
          </Link>
          <span className="w-44">
            <ImportStatus counts={counts} />
          </span>
          <span className="text-soft">{countsText(counts)}</span>
          <span className="text-faint">
            {startedBy}, <Ago at={startedAt} />
          </span>
        </li>
      ))}
    </ul>
  );
}
