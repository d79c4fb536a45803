import "server-only";
import { inverseChanges, inverseEdits } from "#lib/swarm/patch.ts";
import type { ReferenceChange, SecretReference } from "#lib/swarm/schema.ts";
import { changeReferences } from "../change-references.ts";
import { closeIntent } from "../close-intent.ts";
import { hasEffect, isBusy, isOwnUpdateLast } from "../effect.ts";
import { isSpent } from "../failures.ts";
import { findStep, type LedgerStep, type Operation, stepsNamed } from "../ledger.ts";
import { type Look, type Pass, type StepOutcome, systemActor } from "../pass.ts";

/** R7: a forward update that puts back exactly what the ledger says was replaced, on whatever the spec is now. */
export async function undo(pass: Pass, step: LedgerStep, look: Look): Promise<StepOutcome> {
  if (pass.operation.direction !== "undoing" || isSpent(step)) return closeIntent(pass, step, look);
  const moved = findStep(pass.operation, "move", step.subjectId)?.facts ?? {};
  const { changes: done = [], priorTaskIds: keptTaskIds = [] } = moved;
  // One that is tried again was this operation's last update of the service.
  const last = step.facts.isApplied ? step.facts : moved;
  const isWhole = (references: readonly SecretReference[]) => isPutBack(pass.operation, references, done);
  return changeReferences(pass, step, look, {
    why: "undo",
    actor: systemActor,
    edits: inverseEdits(done),
    keptTaskIds,
    // What the Swarm has put back itself, the record has not.
    recordsAsItIs: inverseChanges(done),
    // The rollout of the failed move is this operation's own: cutting it off is what undo is for.
    isBusy: (service) => isBusy(service) && !isOwnUpdateLast(service, last),
    isWhole,
    // The Swarm rolled it back itself, or another hand did: the effect is there. Or she has something else in its place.
    unchanged: ({ references }) => (isWhole(references) ? "done" : "another-hand"),
  });
}

/** As it was before, and without what this operation made: that nobody had before it. */
function isPutBack(
  operation: Operation,
  references: readonly SecretReference[],
  done: readonly ReferenceChange[],
): boolean {
  return hasEffect(references, inverseChanges(done)) && !namesMade(operation, references);
}

function namesMade(operation: Operation, references: readonly SecretReference[]): boolean {
  const made = new Set(stepsNamed(operation, "create").map(({ facts }) => facts.object?.id));
  return references.some(({ objectId }) => made.has(objectId));
}
