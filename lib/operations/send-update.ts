import "server-only";
import type { EventActor, SwarmCall } from "#lib/audit/schema.ts";
import { isAppError } from "#lib/errors.ts";
import type { ReferenceChange, ServiceObject, ServiceSpec } from "#lib/swarm/schema.ts";
import { callOutside, endOfCall, repeatCall } from "./call.ts";
import { grantsChanged } from "./close-intent.ts";
import { anotherHandFirst } from "./effect.ts";
import { type FoundUpdate, foundUpdate } from "./last-hand.ts";
import type { LedgerStep } from "./ledger.ts";
import type { Pass, StepOutcome } from "./pass.ts";
import type { StepFacts } from "./step-facts.ts";

export type Update = {
  service: ServiceObject;
  spec: ServiceSpec;
  changes: ReferenceChange[];
  why: "move" | "undo" | "release";
  actor: EventActor;
  facts?: StepFacts;
};

/**
 * Intent, compare-and-swap, outcome. An answer ends it, also that the service had moved on: nothing else was sent for it,
 * so it was not applied. Anything else is for the next look.
 */
export async function sendUpdate(pass: Pass, step: LedgerStep, update: Update): Promise<StepOutcome> {
  const { service, spec, changes, why, actor, facts = {} } = update;
  const { id, name, versionIndex } = service;
  const call: SwarmCall = { call: "service.update", service: { id, name }, changes, versionIndex, why };
  const send = () => pass.ports.swarm.updateService(id, versionIndex, spec);
  try {
    const sent = await callOutside(pass, step, call, send, { actor, facts, isOnlyInThisDirection: true });
    return answered(sent.step, actor);
  } catch (error) {
    const begun = pass.operation.steps.find(({ key }) => key === step.key);
    if (!isAppError(error, "swarm-conflict") || !begun) throw error;
    const ended = endOfCall(begun, "not-applied", { actor, seen: anotherHandFirst });
    return { ...afterConflict(pass, ended.step), events: ended.events };
  }
}

/** What another hand did to it since Skep's last update: after the next one, Docker tells no more of that. */
export async function foundBefore({ operation, ports }: Pass, service: ServiceObject): Promise<FoundUpdate | null> {
  const writes = await ports.store.findServiceWrites(operation.clusterId, { serviceIds: [service.id] });
  return foundUpdate(service, writes.at(-1));
}

/** R4: read again and apply the same patch, at most ten times in a row. */
export function afterConflict(pass: Pass, step: LedgerStep): StepOutcome {
  const conflicts = (step.facts.conflicts ?? 0) + 1;
  if (conflicts >= mostConflicts) {
    const because = `${step.subjectName} was changed by others ten times in a row while Skep wanted to update it.`;
    return { outcome: "stuck", step, facts: { conflicts: 0 }, because };
  }
  const seconds = 0.02 + pass.ports.random.fraction() * 0.02 * 2 ** conflicts;
  return { outcome: "wait", step, facts: { conflicts }, seconds };
}

const mostConflicts = 10;

/** A call that was written down already, sent once more for the very same version. */
export async function repeatUpdate(
  pass: Pass,
  step: LedgerStep,
  { service, spec, actor }: Pick<Update, "service" | "spec" | "actor">,
): Promise<StepOutcome> {
  await repeatCall(pass, step, () => pass.ports.swarm.updateService(service.id, service.versionIndex, spec));
  return answered(step, actor);
}

function answered(step: LedgerStep, actor: EventActor): StepOutcome {
  const changes = step.facts.changes ?? [];
  const ended = endOfCall(step, "applied", { actor });
  return {
    outcome: "done",
    step: ended.step,
    events: ended.events,
    facts: { isApplied: true, conflicts: 0 },
    records: step.name === "release" ? [] : [grantsChanged(step, changes)],
  };
}
