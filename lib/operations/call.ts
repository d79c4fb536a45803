import "server-only";
import type { CallResult, EventActor, OutsideCall } from "#lib/audit/schema.ts";
import { AppError } from "#lib/errors.ts";
import type { LedgerStep } from "./ledger.ts";
import { event, type Pass, withFacts } from "./pass.ts";
import type { Intent, StepFacts } from "./step-facts.ts";
import { leaseSeconds, type RecordChange } from "./store-port.ts";

export type CallOptions = {
  actor: EventActor;
  facts?: StepFacts;
  /** What Postgres must know before the call. */
  records?: RecordChange[];
  /** A fence is closed beside an open intent, not in its place. */
  slot?: "intent" | "fence";
  /** Not begun when a person asked to stop or undo since the round was decided. */
  isOnlyInThisDirection?: boolean;
};

/**
 * The one way from the executor to a change outside: the intent is committed, then the call is made. When the call
 * fails, however it fails, the intent stays open: the next look says what became of it (R10, R11, R14).
 */
export async function callOutside<T>(
  pass: Pass,
  step: LedgerStep,
  call: OutsideCall,
  make: (attempt: number, at: string) => Promise<T>,
  options: CallOptions,
): Promise<{ answer: T; step: LedgerStep }> {
  const { slot = "intent" } = options;
  const attempt = step.attempt + 1;
  const intent: Intent = { call, attempt, at: pass.now().toISOString() };
  const startedAt = step.startedAt ?? pass.ports.clock.now().toISOString();
  const facts = { ...options.facts, [slot]: intent, waitsFor: null };
  const begun = withFacts(step, facts, { state: "running", attempt, startedAt });
  await pass.save({
    steps: [begun],
    events: [event(options.actor, { type: "call.intended", step: step.key, attempt, call })],
    records: options.records ?? [],
    onlyIn: options.isOnlyInThisDirection ? pass.direction : undefined,
  });
  refuseLate(pass, intent);
  return { answer: await make(attempt, intent.at), step: begun };
}

/**
 * The same call once more: it was sent for a version that the service still has, so at most one of the two can apply.
 * Whoever waits for a late write waits for this one.
 */
export async function repeatCall<T>(
  pass: Pass,
  step: LedgerStep,
  make: () => Promise<T>,
  { slot = "intent" }: Pick<CallOptions, "slot"> = {},
): Promise<T> {
  const sent = step.facts[slot];
  const at = pass.now().toISOString();
  const repeated = sent ? withFacts(step, { [slot]: { ...sent, at, isRepeated: true } }) : step;
  await pass.save({ steps: [repeated], onlyIn: slot === "intent" ? pass.direction : undefined });
  refuseLate(pass, { at });
  return make();
}

/**
 * This process stood still between the commit and the call: by now somebody else may have taken the operation over and
 * waited for a late call long enough. What was written down is for whoever has it now to look after.
 */
function refuseLate(pass: Pass, { at }: Pick<Intent, "at">): void {
  if (pass.now().getTime() - Date.parse(at) < leaseSeconds * 1000) return;
  throw new AppError("lease-lost", "This process stood still for longer than its lease.");
}

/** What is saved when the end of a call is known, by its answer or by a look. */
export function endOfCall(
  step: LedgerStep,
  result: CallResult,
  options: { actor: EventActor; seen?: string | null; objectId?: string | null; slot?: "intent" | "fence" },
) {
  const { actor, seen = null, objectId = null, slot = "intent" } = options;
  const intent = step.facts[slot];
  if (!intent) return { step, events: [] };
  const { call, attempt } = intent;
  return {
    step: withFacts(step, { [slot]: null }),
    events: [event(actor, { type: "call.ended", step: step.key, attempt, call, result, seen, objectId })],
  };
}
