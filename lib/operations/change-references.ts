import "server-only";
import type { EventActor } from "#lib/audit/schema.ts";
import { applyEdits, referencesIn } from "#lib/swarm/patch.ts";
import type { ReferenceChange, ReferenceEdit, SecretReference, ServiceObject } from "#lib/swarm/schema.ts";
import { endOfCall } from "./call.ts";
import { closedWatch, grantsChanged, nothingSeen, secondsUntilLate, waitsForLate } from "./close-intent.ts";
import { hasEnded, hasOldTasks } from "./converge.ts";
import { hasEffect, isOwnUpdateLast, settleUpdate, wasUpdatedSince } from "./effect.ts";
import { wouldRunAgain } from "./kind-now.ts";
import type { LedgerStep } from "./ledger.ts";
import { type Look, type Pass, type StepOutcome, withFacts } from "./pass.ts";
import { afterConflict, foundBefore, repeatUpdate, sendUpdate } from "./send-update.ts";
import type { Intent, StepFacts } from "./step-facts.ts";

export type Wanted = {
  why: "move" | "undo";
  actor: EventActor;
  edits: readonly ReferenceEdit[];
  /** R17: another hand has an update under way that this one would resume or cut off. */
  isBusy(service: ServiceObject): boolean;
  /** Tasks that have run since before what is undone: they are as wanted. */
  keptTaskIds?: readonly string[];
  /** What to write down of a service that is as wanted without an update, as far as it is so. */
  recordsAsItIs?: readonly ReferenceChange[];
  /** Whether references that the edits leave behind are all as wanted. */
  isWhole(references: readonly SecretReference[]): boolean;
  /** The service has nothing that the edits would change. */
  unchanged(service: ServiceObject): "done" | "another-hand";
};

/**
 * R4: edits one service's references in place, by compare-and-swap, looking first what became of an earlier try.
 * The ledger has what each reference was before anything is sent.
 */
export async function changeReferences(pass: Pass, step: LedgerStep, look: Look, wanted: Wanted): Promise<StepOutcome> {
  const service = look.services.get(step.subjectId);
  if (step.facts.intent) return settle(pass, step, look, wanted);
  if (!service) return leave(pass, step, "gone");
  if (!look.locked.has(service.id)) {
    return { outcome: "wait", seconds: 1, facts: { waitsFor: "another operation that updates it" } };
  }
  const patched = applyEdits(service.spec, wanted.edits);
  if (patched.changes.length === 0) {
    if (wanted.unchanged(service) === "another-hand") return leave(pass, step, "another-hand");
    return asItIs(pass, step, look, service, wanted);
  }
  if (wanted.isBusy(service)) return waitWhileBusy(pass, step, service);
  if (mustNotRun(pass, step, look, service)) {
    return wanted.why === "move" ? leave(pass, step, "runs-to-end") : askToRunAgain(step);
  }
  const facts = {
    changes: patched.changes,
    priorTaskIds: priorIds(look, service, referencesIn(patched.spec), wanted.keptTaskIds),
    statusBefore: service.update?.startedAt ?? null,
    wasPrevious: wasUpdatedSince(service, patched.changes),
    found: await foundBefore(pass, service),
    isPartial: !wanted.isWhole(referencesIn(patched.spec)),
  };
  return sendUpdate(pass, step, { service, ...patched, ...wanted, facts });
}

/**
 * Nothing is to be replaced. A rollout that the Swarm paused goes on when a person said so, by the very same spec. If that
 * came while its last hand still waited, it took the status away and nothing went on: then once more.
 */
async function asItIs(
  pass: Pass,
  step: LedgerStep,
  look: Look,
  service: ServiceObject,
  { why, actor, recordsAsItIs = [] }: Wanted,
): Promise<StepOutcome> {
  const { changes = [], isResumed = false } = step.facts;
  const facts = { changes, priorTaskIds: endedIds(look, service), waitsFor: null, isPartial: false };
  const isPaused =
    service.update?.state === "paused" ||
    (service.update === null && hasOldTasks(service, look.tasks.get(service.id) ?? []));
  if (!isResumed || !isPaused || mustNotRun(pass, step, look, service)) {
    const seen = recordsAsItIs.filter((each) => hasEffect(service.references, [each]));
    return { outcome: "done", facts, records: seen.length > 0 ? [grantsChanged(step, seen)] : [] };
  }
  // R17: what another hand has sent since is left alone.
  if (!isOwnUpdateLast(service, step.facts)) return waitWhileBusy(pass, step, service);
  return sendUpdate(pass, step, { service, spec: service.spec, changes: [], why, actor, facts });
}

/** An intent without an end: this worker's own lost answer, or what a dead one left behind. */
async function settle(pass: Pass, step: LedgerStep, look: Look, { edits, actor }: Wanted): Promise<StepOutcome> {
  const { intent } = step.facts;
  if (!intent) return { outcome: "again" };
  const service = look.services.get(step.subjectId);
  const settled = settleUpdate(service, intent, step.facts);
  if (settled.result === "open" && service) {
    if (mustNotRun(pass, step, look, service)) return untilLate(pass, step, actor, intent);
    // It is at the version that the call was sent for: the same call again, and only one of the two can apply.
    return repeatUpdate(pass, step, { service, spec: applyEdits(service.spec, edits).spec, actor });
  }
  const result = settled.result === "open" ? "unknown" : settled.result;
  const ended = endOfCall(step, result, { actor, seen: settled.seen });
  if (result === "applied") {
    const records = [grantsChanged(ended.step, ended.step.facts.changes ?? [])];
    return { outcome: "done", ...ended, facts: { isApplied: true, conflicts: 0, waitsFor: null }, records };
  }
  if (!service) return { ...leave(pass, ended.step, "gone"), events: ended.events };
  // Whether a rollout was resumed cannot be seen; what is to be done now can.
  if (result === "unknown") return { outcome: "again", ...ended };
  return { ...afterConflict(pass, ended.step), events: ended.events };
}

/** It has run to its end since the plan was made: to update it would run it again, which only a person may want. */
function mustNotRun({ operation }: Pass, { facts }: LedgerStep, look: Look, service: ServiceObject): boolean {
  return !facts.isAsked && wouldRunAgain(operation, service, look.tasks.get(service.id) ?? []);
}

function askToRunAgain({ subjectName }: LedgerStep): StepOutcome {
  const because = `${subjectName} has run to its end, and to put it back would run it again. Try again if it may run; leave it as it is otherwise.`;
  return { outcome: "stuck", facts: { isAsked: true }, because };
}

/** The same call again is not wanted any more: when it can no longer arrive, the service is looked at anew. */
function untilLate(pass: Pass, step: LedgerStep, actor: EventActor, intent: Intent): StepOutcome {
  const seconds = secondsUntilLate(pass, intent);
  if (seconds > 0) return { outcome: "wait", seconds: Math.min(seconds, 5), facts: { waitsFor: waitsForLate } };
  return { outcome: "again", ...endOfCall(step, "not-applied", { actor, seen: nothingSeen }) };
}

function waitWhileBusy({ ports }: Pass, step: LedgerStep, { name, update }: ServiceObject): StepOutcome {
  const now = ports.clock.now().getTime();
  const deadlineAt = step.deadlineAt ?? new Date(now + busySeconds * 1000).toISOString();
  const words = busyWords[update?.state ?? "updating"] ?? "busy";
  if (now >= Date.parse(deadlineAt)) {
    return { outcome: "stuck", because: `${name} is ${words} by another hand, and Skep leaves that alone.` };
  }
  return { outcome: "wait", seconds: 1, deadlineAt, facts: { waitsFor: `another hand: ${name} is ${words}` } };
}

/** R17: as long as a step may be without progress (R6). */
const busySeconds = 600;

const busyWords: Record<string, string> = {
  updating: "being updated",
  paused: "paused",
  rollback_started: "being rolled back",
  rollback_paused: "paused in a rollback",
};

function leave(pass: Pass, step: LedgerStep, left: NonNullable<StepFacts["left"]>): StepOutcome {
  const facts = { left, waitsFor: null };
  const others = closedWatch(pass, withFacts(step, facts));
  return { outcome: "skipped", step, facts, others, unlock: [step.subjectId] };
}

/**
 * Tasks from before that must not count as new ones. Those that have ended say nothing of what is sent now. Those that
 * run are as wanted where the update leaves them as they are; an edit of a mode alone does not, though it looks so.
 */
function priorIds(
  look: Look,
  service: ServiceObject,
  references: readonly SecretReference[],
  keptTaskIds: readonly string[] = [],
): string[] {
  const wanted = idsOf(references);
  const isSameObjects = idsOf(service.references) === wanted;
  return (look.tasks.get(service.id) ?? [])
    .filter(({ secretObjectIds }) => secretObjectIds.toSorted().join() === wanted)
    .filter(({ id, state }) => hasEnded(state) || (isSameObjects && !keptTaskIds.includes(id)))
    .map(({ id }) => id);
}

function idsOf(references: readonly SecretReference[]): string {
  return references
    .map(({ objectId }) => objectId)
    .sort()
    .join();
}

/** Nothing is sent, so the tasks that run are the ones to watch; what failed before is not this operation's. */
function endedIds(look: Look, service: ServiceObject): string[] {
  return (look.tasks.get(service.id) ?? [])
    .filter(({ state }) => state === "failed" || state === "rejected")
    .map(({ id }) => id);
}
