import "server-only";
import type { CallResult, SwarmCall } from "#lib/audit/schema.ts";
import type { ServiceObject } from "#lib/swarm/schema.ts";
import { callOutside, endOfCall, repeatCall } from "./call.ts";
import { isBusy, settleUpdate } from "./effect.ts";
import { isSpent } from "./failures.ts";
import { kindNow } from "./kind-now.ts";
import type { LedgerStep } from "./ledger.ts";
import { type Look, type Pass, type StepOutcome, systemActor } from "./pass.ts";
import type { Intent } from "./step-facts.ts";

/** After so long, a request that a dead worker sent has arrived or never will. */
export const lateSeconds = 60;

/**
 * Finds out what became of an update that must not come any more (R10). While it still could, the service's version is
 * moved on by its identical spec, so that the late write misses. Where that would run it again, or where the Swarm
 * takes no update at all, time has to pass.
 */
export async function closeIntent(pass: Pass, step: LedgerStep, look: Look): Promise<StepOutcome> {
  const { intent, fence } = step.facts;
  if (!intent) return { outcome: "skipped" };
  const service = look.services.get(step.subjectId);
  const settled = settleUpdate(service, intent, step.facts);
  if (settled.result !== "open" || !service) return closed(pass, step, settled, fenceResult(fence, service), service);
  if (mayFence(pass, service, look) && !isSpent(step)) return sendFence(pass, step, service);
  const late = Math.max(secondsUntilLate(pass, intent), fence ? secondsUntilLate(pass, fence) : 0);
  if (late > 0) return { outcome: "wait", seconds: Math.min(late, 5), facts: { waitsFor: waitsForLate } };
  return closed(pass, step, { result: "not-applied", seen: nothingSeen }, "not-applied");
}

/** One that was not answered had its effect unless another hand came first: either way nothing can arrive any more. */
function fenceResult(fence: Intent | null | undefined, service: ServiceObject | undefined): "applied" | "unknown" {
  return !fence || !service || service.update === null ? "applied" : "unknown";
}

export const nothingSeen = "nothing was seen of it for a minute";

export function secondsUntilLate(pass: Pass, intent: Intent): number {
  return lateSeconds - (pass.now().getTime() - Date.parse(intent.at)) / 1000;
}

export const waitsForLate = "what a worker that ended may have sent";

/** What may end by itself may do so between this look and the call, which would then run it again. */
function mayFence({ operation }: Pass, service: ServiceObject, look: Look): boolean {
  const tasks = look.tasks.get(service.id) ?? [];
  if (service.restartCondition !== "any" || kindNow(operation, service, tasks) === "runs-to-end") return false;
  return !isBusy(service) && service.update?.state !== "rollback_completed";
}

async function sendFence(pass: Pass, step: LedgerStep, service: ServiceObject): Promise<StepOutcome> {
  const { id, name, versionIndex, spec } = service;
  const call: SwarmCall = { call: "service.update", service: { id, name }, changes: [], versionIndex, why: "fence" };
  const send = () => pass.ports.swarm.updateService(id, versionIndex, spec);
  const seen = "the service's version was moved on, so it cannot arrive";
  if (step.facts.fence) {
    await repeatCall(pass, step, send, { slot: "fence" });
    return closed(pass, step, { result: "not-applied", seen }, "applied");
  }
  const sent = await callOutside(pass, step, call, send, { actor: systemActor, slot: "fence" });
  return closed(pass, sent.step, { result: "not-applied", seen }, "applied");
}

function closed(
  pass: Pass,
  step: LedgerStep,
  settled: { result: "applied" | "not-applied" | "unknown" | "open"; seen: string },
  ofFence: CallResult,
  service?: ServiceObject,
): StepOutcome {
  const result = settled.result === "open" ? "unknown" : settled.result;
  const own = endOfCall(step, result, { actor: systemActor, seen: settled.seen });
  const fence = endOfCall(own.step, ofFence, { actor: systemActor, slot: "fence" });
  const fenced = step.facts.fence ? { isFenced: true } : {};
  const { intent } = step.facts;
  const changes = intent?.call.call === "service.update" ? intent.call.changes : [];
  const isMove = step.name === "move" || step.name === "undo";
  const events = [...own.events, ...fence.events];
  // It was only to resume a rollout: what was done before that stays done.
  if (isMove && changes.length === 0)
    return { outcome: "done", step: fence.step, facts: { waitsFor: null, ...fenced }, events };
  // In doubt a service was released: to take that for a deploy would let a version go too early.
  const isApplied = result === "applied" || (!isMove && result === "unknown");
  const left = isApplied ? {} : ({ left: result === "unknown" && !service ? "gone" : "stopped" } as const);
  return {
    outcome: isApplied ? "done" : "skipped",
    step: fence.step,
    facts: { isApplied, waitsFor: null, ...left, ...fenced },
    events,
    records: isApplied && isMove ? [grantsChanged(step, changes)] : [],
    ...(isApplied ? {} : { unlock: [step.subjectId], others: closedWatch(pass, step) }),
  };
}

export function grantsChanged(step: LedgerStep, changes: NonNullable<LedgerStep["facts"]["changes"]>) {
  return { record: "grants-changed", serviceId: step.subjectId, serviceName: step.subjectName, changes } as const;
}

/** A service that was not updated needs no watching. */
export function closedWatch({ operation, ports }: Pass, { name, subjectId, facts }: LedgerStep): LedgerStep[] {
  const watchName = name === "undo" ? "watch-undo" : "watch";
  const endedAt = ports.clock.now().toISOString();
  return operation.steps
    .filter((step) => step.name === watchName && step.subjectId === subjectId && !step.endedAt)
    .map((step) => ({ ...step, state: "skipped", endedAt, facts: { ...step.facts, left: facts.left ?? "stopped" } }));
}
