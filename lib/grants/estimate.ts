import "server-only";
import type { Plan, PlannedChange } from "#lib/operations/schema.ts";

/** About what one batch of tasks takes to stop and start, seen on one-replica updates of small images. */
const batchSeconds = 4;
/** Intent, call and answer for a step that restarts nothing. */
const stepSeconds = 1;

/** A guess for the person who waits: rounded, and never a deadline of anything. */
export function aboutSeconds(plan: Plan, delaySecondsOf: (serviceId: string) => number): number {
  const moving = plan.changes.filter(({ leftOut }) => leftOut === null);
  const seconds = moving.map((change) => changeSeconds(change, delaySecondsOf(change.serviceId)));
  const total = plan.create.length * stepSeconds + orderedSeconds(plan, moving, seconds) + plan.retire.length;
  return total < 20 ? Math.max(1, Math.round(total)) : Math.round(total / 5) * 5;
}

function orderedSeconds(plan: Plan, moving: PlannedChange[], seconds: number[]): number {
  if (plan.order === "one-by-one") return sum(seconds);
  const canary = moving.findIndex(({ serviceId }) => serviceId === plan.canaryServiceId);
  const rest = seconds.filter((_, index) => index !== canary);
  return (seconds[canary] ?? 0) + roundsSeconds(rest, plan.atMost ?? rest.length);
}

function roundsSeconds(seconds: number[], atMost: number): number {
  const longestFirst = seconds.toSorted((a, b) => b - a);
  return sum(longestFirst.filter((_, index) => index % Math.max(1, atMost) === 0));
}

function changeSeconds(change: PlannedChange, delaySeconds: number): number {
  if (change.tasks === 0) return stepSeconds;
  const batches = change.atATime === 0 ? 1 : Math.ceil(change.tasks / change.atATime);
  return batches * batchSeconds + (batches - 1) * delaySeconds + change.soakSeconds;
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, next) => total + next, 0);
}
