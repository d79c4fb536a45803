import { Check, CircleMinus, Clock, Hand, RotateCw, TriangleAlert, Undo2 } from "lucide-react";
import type { ReactNode } from "react";
import { Bar } from "#components/bar.tsx";
import { LogsHint } from "#components/logs-hint.tsx";
import { Mono, Sentence } from "#components/mono.tsx";
import { Status, type Tone } from "#components/status.tsx";
import { Tag } from "#components/tag.tsx";
import type { LaneState, LaneView } from "#lib/operations/schema.ts";
import { counted } from "#lib/words.ts";
import { Elapsed, Remaining } from "./elapsed.tsx";

const looks: Record<LaneState, { tone: Tone; icon: ReactNode; word: string }> = {
  waiting: { tone: "neutral", icon: <Clock />, word: "Waiting" },
  updating: { tone: "blue", icon: <RotateCw />, word: "Updating" },
  soaking: { tone: "blue", icon: <Clock />, word: "Soaking" },
  done: { tone: "green", icon: <Check />, word: "Done" },
  undoing: { tone: "honey", icon: <Undo2 />, word: "Undoing" },
  undone: { tone: "honey", icon: <Undo2 />, word: "Undone" },
  "left-out": { tone: "neutral", icon: <CircleMinus />, word: "Left out" },
  failed: { tone: "red", icon: <TriangleAlert />, word: "Failed" },
  gone: { tone: "neutral", icon: <CircleMinus />, word: "Gone" },
  "moved-by-another-hand": { tone: "red", icon: <Hand />, word: "Moved by another hand" },
};

/** One service's way: where it is, how many of its tasks are there, how long it took, and what its tasks said. */
export function Lane({ lane, toVersion, isGroup }: { lane: LaneView; toVersion: number | null; isGroup: boolean }) {
  const { tone, icon, word } = lookOf(lane);
  return (
    <li className="grid grid-cols-[1fr_auto] items-center gap-x-4 gap-y-2 px-4 py-3.5 md:min-h-[58px] md:grid-cols-[minmax(160px,230px)_190px_1fr_150px_70px]">
      <span className="flex flex-wrap items-center gap-2">
        <Mono>{lane.serviceName}</Mono>
        {lane.isCanary && <Tag>canary</Tag>}
        {lane.kind !== "long-running" && <Tag>{lane.kind === "asleep" ? "asleep" : "runs to end"}</Tag>}
      </span>
      <span>
        <Status tone={tone} icon={icon}>
          {lane.state === "done" ? doneText(lane, toVersion) : word}
          {lane.state === "soaking" && lane.soakEndsAt && <Remaining until={lane.soakEndsAt} />}
        </Status>
      </span>
      <span className="grid max-md:order-1">
        {hasProgress(lane) && <Bar value={lane.tasksMoved} of={lane.tasksWanted} tone={tone} label={tasksOf(lane)} />}
      </span>
      <span className="num text-soft max-md:order-1">
        {(hasProgress(lane) || lane.state === "left-out") && tasksOf(lane)}
      </span>
      <span className="text-faint max-md:hidden md:text-right">
        {lane.startedAt && <Elapsed from={lane.startedAt} to={lane.endedAt} />}
      </span>
      {isGroup && lane.secretNames.length > 0 && (
        <p className="order-2 col-span-2 text-small text-soft [overflow-wrap:anywhere] md:col-span-5">
          <Mono>{lane.secretNames.join(", ")}</Mono>
        </p>
      )}
      {lane.now && (
        <p className="order-2 col-span-2 text-soft md:col-span-5">
          <Sentence text={lane.now} />
        </p>
      )}
      {lane.waitsFor && (
        <p className="order-2 col-span-2 text-soft md:col-span-5">
          {leads[lane.state] ?? "Waits for"} {lane.waitsFor}.
        </p>
      )}
      {lane.error && (
        <p className="order-2 col-span-2 break-words rounded-[7px] bg-red-bg px-3 py-2 text-red md:col-span-5">
          {(lane.error.task || lane.error.node) && (
            <b className="font-semibold">{[lane.error.task, lane.error.node].filter(Boolean).join(" on ")}: </b>
          )}
          {lane.error.text}
        </p>
      )}
      {lane.error && (
        <span className="order-2 col-span-2 empty:hidden md:col-span-5">
          <LogsHint serviceName={lane.serviceName} error={lane.error.text} />
        </span>
      )}
    </li>
  );
}

/** What stands before the reason; a service that is under way waits for something. */
const leads: Partial<Record<LaneState, string>> = {
  "left-out": "Not moved, because",
  "moved-by-another-hand": "Not wholly, because",
};

/** One that waits runs as it did, and has none; nor has one that failed, or went another way: what it has now is said below. */
function hasProgress({ state, now }: LaneView): boolean {
  const isLost = state === "failed" || state === "moved-by-another-hand";
  return state !== "left-out" && state !== "waiting" && !(isLost && now !== null);
}

/** What nobody could verify has not the colour of success. */
function lookOf({ state, verification }: LaneView): (typeof looks)[LaneState] {
  const isUnverified = verification !== null && verification !== "verified";
  return isUnverified ? { ...looks[state], tone: "neutral" } : looks[state];
}

/** What was not verified is said, in words of its own. */
function doneText({ verification }: LaneView, toVersion: number | null): string {
  if (verification === "running-not-verified") return "Running, not verified";
  if (verification === "unverified-asleep") return "Unverified, asleep";
  return toVersion === null ? "Done" : `On v${toVersion}`;
}

function tasksOf({ state, tasksMoved, tasksWanted }: LaneView): string {
  if (state === "left-out") return "not moved";
  return tasksWanted === 0 ? "no task" : `${tasksMoved} of ${counted(tasksWanted, "task")}`;
}
