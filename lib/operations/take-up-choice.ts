import "server-only";
import { isSpent } from "./failures.ts";
import { type Attention, findStep, isClosed, type LedgerStep, type Operation } from "./ledger.ts";
import type { Pass } from "./pass.ts";

/** What a person decided of an operation that needed her. */
export async function takeUpChoice(pass: Pass): Promise<void> {
  const { operation } = pass;
  const { attention } = operation;
  if (!attention?.choice || attention.choices.length === 0) return;
  const { choice } = attention;
  const taken: Attention = { ...attention, choices: [] };
  if (choice === "accept") return pass.save({ operation: { direction: "stopping", attention: taken } });
  if (choice === "undo") {
    return pass.save({ operation: { direction: "undoing", attention: { ...taken, choice: null } } });
  }
  const steps = stepsToTry(operation, attention).map(triedAgain);
  // What had failed while the rest was being stopped is sent again; `prepareDirection` then stops as before.
  const direction = attention.direction === "stopping" && steps.length > 0 ? "forward" : attention.direction;
  await pass.save({ steps, operation: { direction, attention: attention.before ?? null } });
}

/**
 * What failed and its watch; and what was left because of that, unless a person had stopped it herself. Where only the
 * Swarm was away, nothing has failed.
 */
function stepsToTry(operation: Operation, { direction, stepKey }: Attention): LedgerStep[] {
  if (stepKey === null) return [];
  const failed = failedSteps(operation);
  const subjects = new Set(failed.map(({ subjectId }) => subjectId));
  const left = operation.steps.filter((step) => step.state === "skipped" && step.facts.left === "stopped");
  const own = left.filter(({ name, subjectId }) => name.startsWith("watch") && subjects.has(subjectId));
  return [...failed, ...(direction === "stopping" ? own : left)];
}

/** All that a person's "try again" begins anew. */
export function failedSteps(operation: Operation): LedgerStep[] {
  return operation.steps.filter((step) => hasFailed(operation, step));
}

/** The move of a service whose watch failed, too: its rollout may be paused. */
function hasFailed(operation: Operation, step: LedgerStep): boolean {
  const { name, state, subjectId } = step;
  if (state === "failed" || (!isClosed(step) && isSpent(step))) return true;
  const watch = name === "move" ? "watch" : name === "undo" ? "watch-undo" : null;
  return state === "done" && watch !== null && findStep(operation, watch, subjectId)?.state === "failed";
}

function triedAgain(step: LedgerStep): LedgerStep {
  const { left: _left, error: _error, heldBy: _heldBy, askedSince: _askedSince, ...facts } = step.facts;
  const isResumed = step.state === "done" || Boolean(facts.isResumed);
  return {
    ...step,
    state: "waiting",
    failures: 0,
    errorText: null,
    endedAt: null,
    deadlineAt: null,
    facts: { ...facts, waitsFor: null, soakFrom: null, soakTaskIds: [], ...(isResumed ? { isResumed } : {}) },
  };
}
