import "server-only";
import { allChanges, findStep, type LedgerStep, type Operation } from "./ledger.ts";
import { canaryOf } from "./ready.ts";
import type { LaneState, LaneView, Plan, PlannedChange } from "./schema.ts";

/** Each service's way through the operation, out of the ledger alone. */
export function lanesOf(operation: Operation): LaneView[] {
  return allChanges(operation).map((change) => laneOf(operation, change));
}

type Rows = Record<"move" | "watch" | "undo" | "watchUndo", LedgerStep | undefined>;

function laneOf(operation: Operation, change: PlannedChange): LaneView {
  const { serviceId, serviceName, kind } = change;
  const rows: Rows = {
    move: findStep(operation, "move", serviceId),
    watch: findStep(operation, "watch", serviceId),
    undo: findStep(operation, "undo", serviceId),
    watchUndo: findStep(operation, "watch-undo", serviceId),
  };
  const { move, watch, undo, watchUndo } = rows;
  const seen = (undo ? watchUndo : watch)?.facts ?? {};
  const state = stateOf(operation, change, rows);
  const isUnderWay = state === "waiting" || state === "updating" || state === "soaking" || state === "undoing";
  return {
    serviceId,
    serviceName,
    kind,
    state,
    isCanary: canaryOf(operation) === serviceId,
    secretNames: renewedIn(operation.plan, change),
    verification: state === "done" ? (watch?.facts.verification ?? null) : null,
    tasksWanted: seen.wanted ?? change.tasks,
    tasksMoved: seen.running ?? 0,
    soakEndsAt: isUnderWay ? (seen.soakUntil ?? null) : null,
    startedAt: move?.startedAt ?? null,
    endedAt: isUnderWay ? null : endedAt(rows),
    waitsFor: waitsFor(operation, state, rows),
    error: errorOf(rows),
    now: null,
  };
}

function renewedIn({ create }: Plan, { edits }: PlannedChange): string[] {
  const names = new Map(create.map(({ versionId, secretName }) => [versionId, secretName]));
  return edits.flatMap((edit) => {
    if (edit.edit === "remove" || edit.to.object === "existing") return [];
    return names.get(edit.to.versionId) ?? [];
  });
}

function stateOf(operation: Operation, change: PlannedChange, { move, watch, undo, watchUndo }: Rows): LaneState {
  if (change.leftOut !== null || !move) return "left-out";
  if (undo) return undoState(undo, watchUndo);
  const left = move.facts.left ?? watch?.facts.left;
  if (left === "gone") return "gone";
  if (left === "another-hand") return "moved-by-another-hand";
  if (move.state === "failed" || watch?.state === "failed") return "failed";
  if (move.state === "skipped") return "left-out";
  if (move.state !== "done") return move.attempt > 0 ? "updating" : "waiting";
  if (left === "superseded" && operation.direction === "undoing") return "undoing";
  if (watch?.state === "done") return move.facts.isPartial ? "moved-by-another-hand" : "done";
  return watch?.facts.soakUntil ? "soaking" : "updating";
}

function undoState(undo: LedgerStep, watchUndo: LedgerStep | undefined): LaneState {
  if (undo.state === "failed" || watchUndo?.state === "failed") return "failed";
  const left = undo.facts.left ?? watchUndo?.facts.left;
  if (left === "gone") return "gone";
  if (left === "another-hand") return "moved-by-another-hand";
  if (undo.state !== "done" || watchUndo?.state !== "done") return "undoing";
  return undo.facts.isPartial ? "moved-by-another-hand" : "undone";
}

function endedAt({ move, watch, watchUndo, undo }: Rows): string | null {
  return (undo ? watchUndo : watch)?.endedAt ?? move?.endedAt ?? null;
}

const elsewhere = "another hand has something else in the place of one of its secrets";

function waitsFor({ state }: Operation, lane: LaneState, { move, watch, undo, watchUndo }: Rows): string | null {
  if (lane === "left-out" && move?.facts.left === "stopped") return "the operation was stopped first";
  if (lane === "left-out" && move?.facts.left === "superseded") return "the operation was undone first";
  if (lane === "left-out" && move?.facts.left === "runs-to-end") return "it would run again";
  if (lane === "moved-by-another-hand") return (undo ?? move)?.facts.isPartial ? elsewhere : null;
  if (state === "ended") return null;
  const rows = lane === "undoing" ? [watchUndo, undo] : [watch, move];
  return rows.find((row) => row?.facts.waitsFor)?.facts.waitsFor ?? null;
}

/** Why it failed stays to be read after it was put back. */
function errorOf({ move, watch, undo, watchUndo }: Rows): LaneView["error"] {
  const seen = watchUndo?.facts.error ?? watch?.facts.error;
  if (seen) return seen;
  const text = undo?.errorText ?? move?.errorText ?? null;
  return text === null ? null : { task: null, node: null, text };
}
