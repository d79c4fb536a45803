import Link from "next/link";
import { ClockTime } from "#components/clock-time.tsx";
import { EventLines, EventStatus } from "#components/event-line.tsx";
import { Parts } from "#components/mono.tsx";
import type { EventView } from "#lib/audit/schema.ts";

/** One line of the history. One that belongs to an operation opens to its intent, its calls and its end. */
export function EventRow({
  event,
  steps,
  openHref,
}: {
  event: EventView;
  steps: EventView[] | null;
  openHref: string;
}) {
  const { sequence, at, parts, address, sessionShort, outcome, operationId } = event;
  return (
    <li className={steps ? "bg-sunk" : ""}>
      <div className="grid grid-cols-[auto_1fr_auto] items-center gap-x-3 gap-y-1 px-[14px] py-2 max-md:py-3 md:min-h-[38px] md:grid-cols-[64px_120px_1fr_150px_150px]">
        <span className="num text-faint">
          <code>{sequence.toLocaleString("en")}</code>
        </span>
        <span className="text-faint">
          <ClockTime at={at} />
        </span>
        <span className="min-w-0 break-words max-md:order-1 max-md:col-span-3">
          <Parts parts={parts} />
          {operationId && (
            <Link
              data-row
              prefetch={false}
              href={openHref}
              scroll={false}
              aria-expanded={steps !== null}
              className="ml-2 text-soft underline decoration-line2 underline-offset-2 hover:text-ink"
            >
              {steps ? "close" : "steps"}
            </Link>
          )}
        </span>
        <span className="truncate text-soft max-md:order-2 max-md:col-span-3 max-md:empty:hidden">
          {address ?? <span className="max-md:hidden">–</span>}
          {sessionShort && <span className="text-faint"> session {sessionShort}</span>}
        </span>
        <span>
          <EventStatus outcome={outcome} />
        </span>
      </div>
      {steps && (
        <div className="border-line border-t pb-2 md:ml-[76px]">
          <EventLines events={steps} />
          <Link href={`/operations/${operationId}`} prefetch={false} className="px-[14px] font-medium underline">
            The operation
          </Link>
        </div>
      )}
    </li>
  );
}
