import "server-only";
import { awaitsPerson, changeOf, findStep, isClosed, type LedgerStep, type Operation, stepsNamed } from "./ledger.ts";
import { readyPasswords, uncheckedSets } from "./password-order.ts";

/** The steps that may run now, side by side. None is left when this is empty: then the operation has come to its end. */
export function readySteps(operation: Operation): LedgerStep[] {
  const open = operation.steps.filter((step) => !isClosed(step)).toSorted((a, b) => a.ordinal - b.ordinal);
  const named = (...names: LedgerStep["name"][]) => open.filter(({ name }) => names.includes(name));
  switch (operation.direction) {
    case "forward":
      return firstOf([
        () => uncheckedSets(open),
        () => named("create"),
        () => readyPasswords(operation, open),
        () => [...startedMoves(operation, open), ...readyMoves(operation, open), ...readyWatches(operation, open)],
        () => named("check"),
        () => named("record"),
        () => named("finish"),
        () => named("remove", "release"),
      ]);
    case "stopping":
      return firstOf([
        () => [...withIntent(open), ...readyWatches(operation, open)],
        () => (awaitsPerson(operation) ? [] : named("check")),
        () => (awaitsPerson(operation) ? [] : [...named("record"), ...named("abandon")]),
      ]);
    case "undoing":
      return firstOf([
        () => withIntent(open).filter(({ name }) => name !== "undo"),
        () => [...readyUndos(operation, open), ...readyWatches(operation, open, "watch-undo")],
        () => named("abandon"),
      ]);
  }
}

function firstOf(groups: (() => LedgerStep[])[]): LedgerStep[] {
  for (const group of groups) {
    const steps = group();
    if (steps.length > 0) return steps;
  }
  return [];
}

/** Calls whose end is not known: whatever the direction is now, they are looked after first. */
function withIntent(open: readonly LedgerStep[]): LedgerStep[] {
  return open.filter(({ facts }) => facts.intent || facts.fence);
}

function startedMoves(operation: Operation, open: readonly LedgerStep[]): LedgerStep[] {
  return open.filter((step) => step.name === "move" && isUnderWay(operation, step));
}

/** R9 and the order: as many further services as the plan allows at once; Skep's own when all others are through. */
function readyMoves(operation: Operation, open: readonly LedgerStep[]): LedgerStep[] {
  const { order, atMost } = operation.plan;
  const waiting = open.filter((step) => step.name === "move" && !isUnderWay(operation, step));
  const underWay = stepsNamed(operation, "move").filter((step) => isUnderWay(operation, step)).length;
  const canaryId = canaryOf(operation);
  if (canaryId !== null && findStep(operation, "watch", canaryId)?.state !== "done") {
    return underWay === 0 ? waiting.filter(({ subjectId }) => subjectId === canaryId) : [];
  }
  const others = waiting.filter(({ subjectId }) => !changeOf(operation, subjectId)?.isSkep);
  const bound = order === "one-by-one" ? 1 : (atMost ?? Number.POSITIVE_INFINITY);
  if (others.length > 0) return others.slice(0, Math.max(0, bound - underWay));
  return underWay === 0 ? waiting.slice(0, 1) : [];
}

/**
 * The service that goes first, alone: the planned one, or the next where that one is gone, was left, or came to sleep.
 * What it shows counts only once its watch is done.
 */
export function canaryOf(operation: Operation): string | null {
  const { order, canaryServiceId } = operation.plan;
  if (order !== "canary" || canaryServiceId === null) return null;
  const next = stepsNamed(operation, "move")
    .filter(({ subjectId }) => changeOf(operation, subjectId)?.kind !== "asleep")
    .toSorted((a, b) => a.ordinal - b.ordinal)
    .map(({ subjectId }) => subjectId);
  return [canaryServiceId, ...next].find((serviceId) => mayShow(operation, serviceId)) ?? null;
}

function mayShow(operation: Operation, serviceId: string): boolean {
  const move = findStep(operation, "move", serviceId);
  const watch = findStep(operation, "watch", serviceId);
  if (!move || !watch || move.state === "skipped" || watch.state === "skipped") return false;
  return watch.facts.verification !== "unverified-asleep";
}

/** Begun, and not yet seen to be through. */
function isUnderWay(operation: Operation, { subjectId, state, attempt, facts }: LedgerStep): boolean {
  if (state === "skipped") return false;
  if (state === "done") return isMoving(operation, subjectId);
  return attempt > 0 || Boolean(facts.intent);
}

function isMoving(operation: Operation, serviceId: string): boolean {
  const move = findStep(operation, "move", serviceId);
  const watch = findStep(operation, "watch", serviceId);
  if (!move || move.state === "skipped" || !watch) return false;
  return !isClosed(watch);
}

/** A service is watched from the moment that its references were sent. */
function readyWatches(
  operation: Operation,
  open: readonly LedgerStep[],
  name: "watch" | "watch-undo" = "watch",
): LedgerStep[] {
  const sender = name === "watch" ? "move" : "undo";
  return open.filter((step) => step.name === name && findStep(operation, sender, step.subjectId)?.state === "done");
}

/** R7: the one that failed first, then the others in reverse; no more at once than on the way there. */
function readyUndos(operation: Operation, open: readonly LedgerStep[]): LedgerStep[] {
  const { order, atMost } = operation.plan;
  const undos = stepsNamed(operation, "undo").toSorted((a, b) => a.ordinal - b.ordinal);
  const [first] = undos;
  if (first && !isClosed(first)) return [first];
  const isBusy = ({ subjectId, state }: LedgerStep) => {
    const watch = findStep(operation, "watch-undo", subjectId);
    return state === "done" && watch !== undefined && !isClosed(watch);
  };
  const bound = order === "one-by-one" ? 1 : (atMost ?? Number.POSITIVE_INFINITY);
  const underWay = undos.filter(isBusy).length;
  return open.filter(({ name }) => name === "undo").slice(0, Math.max(0, bound - underWay));
}
