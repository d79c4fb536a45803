import "server-only";
import { inverseChanges, inverseEdits } from "#lib/swarm/patch.ts";
import type { ServiceObject } from "#lib/swarm/schema.ts";
import { changeReferences, isOwnRollout } from "../change-references.ts";
import { closeIntent } from "../close-intent.ts";
import { isBusy, wasUpdatedSince } from "../effect.ts";
import { isSpent } from "../failures.ts";
import { findStep, type LedgerStep, type Operation, stepsNamed } from "../ledger.ts";
import { type Look, type Pass, type StepOutcome, systemActor } from "../pass.ts";

/** R7: a forward update that puts back exactly what the ledger says was replaced, on whatever the spec is now. */
export async function undo(pass: Pass, step: LedgerStep, look: Look): Promise<StepOutcome> {
  if (pass.operation.direction !== "undoing" || isSpent(step)) return closeIntent(pass, step, look);
  const moved = findStep(pass.operation, "move", step.subjectId)?.facts ?? {};
  const watch = findStep(pass.operation, "watch", step.subjectId);
  const { changes: done = [], isResumed = false, priorTaskIds: keptTaskIds = [] } = moved;
  return changeReferences(pass, step, look, {
    why: "undo",
    actor: systemActor,
    edits: inverseEdits(done),
    keptTaskIds,
    // What the Swarm has put back itself, the record has not.
    recordsAsItIs: inverseChanges(done),
    // The rollout of the failed move is this operation's own: cutting it off is what undo is for.
    isBusy: (service) =>
      isBusy(service) && wasUpdatedSince(service, done) && !(isResumed && isOwnRollout(service, watch)),
    // The Swarm rolled it back itself, or another hand did: the effect is there. Or she keeps the new one elsewhere.
    unchanged: (service) => (namesMade(pass.operation, service) ? "another-hand" : "done"),
  });
}

/** What this operation made, nobody had before it. */
function namesMade(operation: Operation, { references }: ServiceObject): boolean {
  const made = new Set(stepsNamed(operation, "create").map(({ facts }) => facts.object?.id));
  return references.some(({ objectId }) => made.has(objectId));
}
