import "server-only";
import { isAppError } from "#lib/errors.ts";
import { turnFor } from "./direct.ts";
import { afterError, counted, isOutage, isSpent, outageSeconds } from "./failures.ts";
import type { LedgerStep } from "./ledger.ts";
import { takeLook } from "./look.ts";
import {
  DirectionChanged,
  type Look,
  type Pass,
  type PassSave,
  type StepOutcome,
  type Trouble,
  withFacts,
} from "./pass.ts";
import { steps } from "./steps.ts";
import type { OperationEvent, RecordChange } from "./store-port.ts";

export type RoundResult = {
  /** How long nothing is to be done; 0 when something was. */
  waitSeconds: number;
  /** The Swarm could not be asked, in its own words. */
  outage: string | null;
};

/** Runs the ready steps side by side on one look, and saves what came of them in one commit. */
export async function runRound(pass: Pass, ready: readonly LedgerStep[], locked: Set<string>): Promise<RoundResult> {
  const lookedAt = pass.ports.clock.now().getTime();
  let look: Look;
  try {
    look = await takeLook(pass, ready, locked);
  } catch (error) {
    if (endsThePass(error)) throw error;
    const outage = isAppError(error) ? error.publicMessage : "The Swarm's answer could not be read.";
    return { waitSeconds: outageSeconds, outage };
  }
  const lookSeconds = (pass.ports.clock.now().getTime() - lookedAt) / 1000;
  const decided: Pass = { ...pass, direction: pass.operation.direction };
  const settled = await Promise.allSettled(ready.map((step) => runStep(decided, step, look)));
  const stop = settled.find((each) => each.status === "rejected" && !(each.reason instanceof DirectionChanged));
  if (stop?.status === "rejected") throw stop.reason;
  const results = settled.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  const result = await saveResults(pass, results, locked, results.length < settled.length);
  if (result.waitSeconds === 0) return result;
  return { ...result, waitSeconds: Math.max(result.waitSeconds, lookSeconds * lookShare) };
}

type Result = { key: string; outcome: StepOutcome; outage: string | null };

async function runStep(pass: Pass, step: LedgerStep, look: Look): Promise<Result> {
  try {
    return { key: step.key, outcome: await steps[step.name].run(pass, step, look), outage: null };
  } catch (error) {
    if (endsThePass(error)) throw error;
    const current = pass.operation.steps.find(({ key }) => key === step.key) ?? step;
    return { key: step.key, outcome: afterError(current, error), outage: isOutage(error) ? error.publicMessage : null };
  }
}

/** The lease or the database is gone, or a person wants something else: whatever was sent is for the next look. */
function endsThePass(error: unknown): boolean {
  if (error instanceof DirectionChanged) return true;
  return isAppError(error, "lease-lost") || isAppError(error, "database-unreachable");
}

/** Looking takes no more than one part in five of the time, however large the Swarm is. */
const lookShare = 4;

/** What came of the round, in one commit. Where that is refused each is saved alone: one must not take the others with it. */
async function saveResults(
  pass: Pass,
  results: readonly Result[],
  locked: Set<string>,
  isInterrupted: boolean,
): Promise<RoundResult> {
  let saved = [...results];
  try {
    await commit(pass, results, locked);
  } catch (error) {
    if (endsThePass(error)) throw error;
    saved = [];
    for (const result of results) saved.push(await commitAlone(pass, result, locked));
  }
  const isMoved = isInterrupted || saved.some(({ outcome }) => outcome.outcome !== "wait");
  const waits = saved.map(({ outcome }) => outcome.seconds ?? 0);
  const outage = saved.find((each) => each.outage !== null)?.outage ?? null;
  return { waitSeconds: isMoved ? 0 : Math.min(...waits), outage };
}

/** R15: what cannot be written down is a failure of its step like any other. */
async function commitAlone(pass: Pass, result: Result, locked: Set<string>): Promise<Result> {
  try {
    await commit(pass, [result], locked);
    return result;
  } catch (error) {
    const step = pass.operation.steps.find(({ key }) => key === result.key);
    if (endsThePass(error) || !step) throw error;
    const failed: Result = { key: result.key, outcome: counted(step, error), outage: null };
    await commit(pass, [failed], locked);
    return failed;
  }
}

async function commit(pass: Pass, results: readonly Result[], locked: Set<string>): Promise<void> {
  const rows = new Map<string, LedgerStep>();
  const events: OperationEvent[] = [];
  const records: RecordChange[] = [];
  const unlock: string[] = [];
  const troubles: Trouble[] = [];
  for (const { key, outcome } of results) {
    const current = pass.operation.steps.find((step) => step.key === key);
    if (!current) continue;
    const next = nextRow(pass, outcome.step ?? current, outcome);
    if (!isSame(next, current)) rows.set(key, next);
    for (const other of outcome.others ?? []) rows.set(other.key, other);
    events.push(...(outcome.events ?? []));
    records.push(...(outcome.records ?? []));
    unlock.push(...(outcome.unlock ?? []));
    if (outcome.outcome === "failed" || outcome.outcome === "stuck") {
      troubles.push({ step: next, outcome: outcome.outcome, because: outcome.because ?? "" });
    }
  }
  if (rows.size + events.length + records.length + unlock.length > 0) {
    await saveWithTurn(pass, { steps: [...rows.values()], events, records, unlock }, troubles);
    for (const id of unlock) locked.delete(id);
  }
}

/** A person who asks for another direction in the same moment does not make the trouble go away. */
async function saveWithTurn(pass: Pass, save: PassSave, troubles: readonly Trouble[]): Promise<void> {
  for (;;) {
    const turn = turnFor(pass.operation, troubles);
    try {
      if (!turn) return await pass.save(save);
      const { operation, events } = turn;
      return await pass.save({ ...save, operation, events: [...(save.events ?? []), ...events] });
    } catch (error) {
      if (!(error instanceof DirectionChanged)) throw error;
    }
  }
}

function nextRow({ ports }: Pass, step: LedgerStep, given: StepOutcome): LedgerStep {
  const { outcome, facts = {}, deadlineAt, because, staysOpen = false } = given;
  const now = ports.clock.now().toISOString();
  const end = staysOpen ? null : endOf(step, outcome);
  const isOver = end !== null;
  const isBegun = isOver || step.attempt > 0 || steps[step.name].run === steps.watch.run;
  const state = end ?? (isBegun ? "running" : step.state);
  return withFacts(step, facts, {
    state,
    startedAt: step.startedAt ?? (isBegun ? now : null),
    endedAt: isOver ? now : null,
    deadlineAt: isOver ? null : deadlineAt === undefined ? step.deadlineAt : deadlineAt,
    errorText: because ?? (isOver && end !== "failed" ? null : step.errorText),
  });
}

/** What is only closed after it failed for good has failed. */
function endOf(step: LedgerStep, outcome: StepOutcome["outcome"]): "done" | "skipped" | "failed" | null {
  if (outcome === "wait" || outcome === "again") return null;
  if (outcome === "stuck" || (outcome === "skipped" && isSpent(step))) return "failed";
  return outcome;
}

function isSame(one: LedgerStep, other: LedgerStep): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
