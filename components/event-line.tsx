import { Ban, Check, CircleDashed, Eye, RotateCw, TriangleAlert, Undo2 } from "lucide-react";
import type { ReactNode } from "react";
import type { EventOutcome, EventView } from "#lib/audit/schema.ts";
import { ClockTime } from "./clock-time.tsx";
import { Parts } from "./mono.tsx";
import { Status, type Tone } from "./status.tsx";

const looks: Record<EventOutcome, { tone: Tone; icon: ReactNode; word: string }> = {
  intended: { tone: "neutral", icon: <CircleDashed />, word: "intended" },
  running: { tone: "blue", icon: <RotateCw />, word: "running" },
  done: { tone: "green", icon: <Check />, word: "done" },
  undone: { tone: "honey", icon: <Undo2 />, word: "undone" },
  failed: { tone: "red", icon: <TriangleAlert />, word: "failed" },
  mixed: { tone: "red", icon: <TriangleAlert />, word: "mixed" },
  denied: { tone: "red", icon: <Ban />, word: "denied" },
  observed: { tone: "neutral", icon: <Eye />, word: "observed" },
  attention: { tone: "red", icon: <TriangleAlert />, word: "attention" },
};

const partly = { tone: "honey", icon: <Check />, word: "done, some left out" } as const;

/** Only what was done whole has the colour of success. */
export function EventStatus({ outcome, hasLeftOut = false }: { outcome: EventOutcome; hasLeftOut?: boolean }) {
  const { tone, icon, word } = hasLeftOut ? partly : looks[outcome];
  return (
    <Status tone={tone} icon={icon}>
      {word}
    </Status>
  );
}

const calm: EventOutcome[] = ["intended", "running", "done", "observed"];

/** A short history: time and sentence. Where there is little room, only what went wrong says its outcome. */
export function EventLines({ events, isNarrow = false }: { events: readonly EventView[]; isNarrow?: boolean }) {
  return (
    <ol className="divide-y divide-line">
      {events.map(({ id, at, parts, outcome, hasLeftOut }) => (
        <li key={id} className="grid grid-cols-[auto_1fr_auto] items-center gap-x-3 gap-y-1 px-[14px] py-2">
          <span className="min-w-[64px] text-faint">
            <ClockTime at={at} />
          </span>
          <span className={`min-w-0 break-words ${isNarrow ? "" : "max-md:order-1 max-md:col-span-3"}`}>
            <Parts parts={parts} />
          </span>
          {(!isNarrow || hasLeftOut || !calm.includes(outcome)) && (
            <span className={isNarrow ? "" : "max-md:col-start-3"}>
              <EventStatus outcome={outcome} hasLeftOut={hasLeftOut} />
            </span>
          )}
        </li>
      ))}
    </ol>
  );
}
