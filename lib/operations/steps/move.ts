import "server-only";
import { isSameAccess, isSamePath, type ReferenceEdit, type SecretReference } from "#lib/swarm/schema.ts";
import { changeReferences } from "../change-references.ts";
import { closeIntent } from "../close-intent.ts";
import { isBusy } from "../effect.ts";
import type { LedgerStep } from "../ledger.ts";
import { type Look, type Pass, type StepOutcome, starterOf } from "../pass.ts";
import { plannedEdits } from "../planned-edits.ts";

/** One service onto what the plan wants it to have. */
export async function move(pass: Pass, step: LedgerStep, look: Look): Promise<StepOutcome> {
  const { operation } = pass;
  if (operation.direction !== "forward") return closeIntent(pass, step, look);
  const edits = plannedEdits(operation, step.subjectId);
  const isWhole = (references: readonly SecretReference[]) => edits.every((edit) => isThere(edit, references));
  return changeReferences(pass, step, look, {
    why: "move",
    actor: starterOf(operation),
    edits,
    isBusy,
    isWhole,
    unchanged: ({ references }) => (isWhole(references) ? "done" : "another-hand"),
  });
}

/** What is added or removed already is as wanted; what is to be replaced and is not there went by another hand. */
function isThere(edit: ReferenceEdit, references: readonly SecretReference[]): boolean {
  if (edit.edit === "replace") return references.some(({ objectId }) => objectId === edit.to.objectId);
  if (edit.edit !== "set-file") return true;
  const { target, to } = edit;
  return references.some(
    (each) => each.objectId === to.objectId && isSamePath(each.target, target) && isSameAccess(each, edit),
  );
}
