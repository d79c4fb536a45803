import "server-only";
import { type AppError, type ErrorCode, isAppError } from "#lib/errors.ts";
import { logOf } from "#lib/log.ts";
import { awaitsPerson, beforeServices, isClosed, type LedgerStep, type Operation } from "./ledger.ts";
import type { StepOutcome } from "./pass.ts";

/** R15 */
export const mostFailures = 5;

/** Longer, and what comes back in a moment is waited for; shorter, and the Swarm is asked in vain. */
export const outageSeconds = 2;

export function isOutage(error: unknown): error is AppError {
  return isAppError(error) && outages.has(error.code);
}

const outages: ReadonlySet<string> = new Set([
  "swarm-unreachable",
  "swarm-not-manager",
  "swarm-locked",
  "swarm-no-leader",
  "swarm-other",
  "swarm-timeout",
]);

/** Another hand was faster: the next look says what there is now (R11). */
const overtaken: ReadonlySet<string> = new Set(["swarm-conflict", "name-taken"]);

/** What an error of a step's own work means for it. */
export function afterError(step: LedgerStep, error: unknown): StepOutcome {
  if (isOutage(error)) return { outcome: "wait", seconds: outageSeconds };
  if (isAppError(error) && overtaken.has(error.code)) return { outcome: "wait", seconds: 0.05 };
  if (!isAppError(error) || !endsAtOnce(error.code)) return counted(step, error);
  const failures = hasOpenCall(step) ? mostFailures : step.failures;
  return { ...ended(step, { ...step, failures }, error.publicMessage), outcome: "failed" };
}

/** Trying again is not this operation's: a source is asked again later, as it wishes, and then by another operation. */
function endsAtOnce(code: ErrorCode): boolean {
  if (code.startsWith("rotator-")) return !waitedFor.has(code);
  return code === "plan-changed" || code === "value-lost" || code.startsWith("source-");
}

/** The other side may be itself again in a moment. */
const waitedFor: ReadonlySet<string> = new Set(["rotator-unreachable", "rotator-failing", "rotator-broken-answer"]);

/** R15: tried again, ever later, five times in all. Each time the log gets the cause, which the sentence only points to. */
export function counted(step: LedgerStep, error: unknown): StepOutcome {
  const failures = step.failures + 1;
  const log = logOf("operations");
  if (isAppError(error)) log.warn("step.failed", { step: step.key, failures }, error);
  else log.error("step.defect", error, { step: step.key, failures });
  const because = isAppError(error) ? error.publicMessage : "Skep met a defect of its own; its log says where.";
  const next = { ...step, failures, errorText: because };
  if (failures % mostFailures === 0) return ended(step, next, because);
  return { outcome: "wait", step: next, seconds: 0.1 * 2 ** Math.min(failures, mostFailures) };
}

/**
 * The operation turns, but a call whose end is not known is looked after until it is: the step stays open. Nothing was
 * changed yet where nothing could be made: that ends by itself, without a person.
 */
function ended({ name }: LedgerStep, step: LedgerStep, because: string): StepOutcome {
  return { outcome: beforeServices.has(name) ? "failed" : "stuck", step, because, staysOpen: hasOpenCall(step) };
}

export function hasOpenCall({ facts }: Pick<LedgerStep, "facts">): boolean {
  return Boolean(facts.intent || facts.fence);
}

/** It has failed for good. As long as the end of its last call is not known, that is all that is found out. */
export function isSpent({ failures }: Pick<LedgerStep, "failures">): boolean {
  return failures >= mostFailures;
}

/** Not even that can be found out: the step is left as it is until the person who was asked has answered. */
export function isGivenUp(operation: Operation, step: LedgerStep): boolean {
  return awaitsPerson(operation) && !isClosed(step) && step.failures >= 2 * mostFailures;
}
