import { Ban, Check, CircleDashed, Eye, RotateCw, TriangleAlert, Undo2, UserRound } from "lucide-react";
import type { ReactNode } from "react";
import type { EventView, ShownOutcome } from "#lib/audit/schema.ts";
import { ClockTime } from "./clock-time.tsx";
import { Parts } from "./mono.tsx";
import { Status, type Tone } from "./status.tsx";

const looks: Record<ShownOutcome, { tone: Tone; icon: ReactNode; word: string }> = {
  intended: { tone: "neutral", icon: <CircleDashed />, word: "intended" },
  running: { tone: "blue", icon: <RotateCw />, word: "running" },
  // Only what was done whole, and seen to be well, has the colour of success.
  done: { tone: "green", icon: <Check />, word: "done" },
  "running-not-verified": { tone: "neutral", icon: <Check />, word: "running, not verified" },
  "unverified-asleep": { tone: "neutral", icon: <Check />, word: "unverified, asleep" },
  "left-out": { tone: "honey", icon: <Check />, word: "done, some left out" },
  undone: { tone: "honey", icon: <Undo2 />, word: "undone" },
  failed: { tone: "red", icon: <TriangleAlert />, word: "failed" },
  mixed: { tone: "red", icon: <TriangleAlert />, word: "mixed" },
  accepted: { tone: "neutral", icon: <UserRound />, word: "left as it is" },
  denied: { tone: "red", icon: <Ban />, word: "denied" },
  observed: { tone: "neutral", icon: <Eye />, word: "observed" },
  attention: { tone: "red", icon: <TriangleAlert />, word: "attention" },
};

/** The outcome's own word: what a person filters by is called the same. */
export function outcomeWord(outcome: ShownOutcome): string {
  return looks[outcome].word;
}

export function EventStatus({ outcome }: { outcome: ShownOutcome }) {
  const { tone, icon, word } = looks[outcome];
  return (
    <Status tone={tone} icon={icon}>
      {word}
    </Status>
  );
}

const calm: ShownOutcome[] = ["intended", "running", "done", "observed"];

/** A short history: time and sentence. Where there is little room, only what is not plainly well says its outcome. */
export function EventLines({ events, isNarrow = false }: { events: readonly EventView[]; isNarrow?: boolean }) {
  return (
    <ol className="divide-y divide-line">
      {events.map(({ id, at, parts, outcome }) => (
        <li
          key={id}
          className={`grid items-center gap-x-3 gap-y-1 px-[14px] py-2 ${isNarrow ? "grid-cols-[auto_1fr]" : "grid-cols-[auto_1fr_auto]"}`}
        >
          <span className={`min-w-[64px] text-faint ${isNarrow ? "self-start" : ""}`}>
            <ClockTime at={at} />
          </span>
          <span className={`min-w-0 break-words ${isNarrow ? "" : "max-md:order-1 max-md:col-span-3"}`}>
            <Parts parts={parts} />
          </span>
          {(!isNarrow || !calm.includes(outcome)) && (
            <span className={isNarrow ? "col-start-2" : "max-md:col-start-3"}>
              <EventStatus outcome={outcome} />
            </span>
          )}
        </li>
      ))}
    </ol>
  );
}
