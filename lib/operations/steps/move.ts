import "server-only";
import { isSameAccess, isSamePath, type ReferenceEdit, type SecretReference } from "#lib/swarm/schema.ts";
import { changeReferences } from "../change-references.ts";
import { closeIntent } from "../close-intent.ts";
import { isBusy } from "../effect.ts";
import { changeOf, findStep, type LedgerStep, type Operation } from "../ledger.ts";
import { type Look, type Pass, type StepOutcome, starterOf } from "../pass.ts";
import type { PlannedEdit, ReferenceEnd } from "../schema.ts";

/** One service onto what the plan wants it to have. */
export async function move(pass: Pass, step: LedgerStep, look: Look): Promise<StepOutcome> {
  const { operation } = pass;
  if (operation.direction !== "forward") return closeIntent(pass, step, look);
  const edits = editsFor(operation, step.subjectId);
  return changeReferences(pass, step, look, {
    why: "move",
    actor: starterOf(operation),
    edits,
    isBusy,
    unchanged: ({ references }) => (edits.every((edit) => isThere(edit, references)) ? "done" : "another-hand"),
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

function editsFor(operation: Operation, serviceId: string): ReferenceEdit[] {
  return (changeOf(operation, serviceId)?.edits ?? []).map((edit) => resolve(operation, edit));
}

function resolve(operation: Operation, edit: PlannedEdit): ReferenceEdit {
  switch (edit.edit) {
    case "replace":
      return { edit: "replace", fromObjectIds: edit.fromObjectIds, to: endOf(operation, edit.to) };
    case "add": {
      const { target, uid, gid, mode } = edit;
      return { edit: "add", reference: { ...endOf(operation, edit.to), target, uid, gid, mode } };
    }
    case "remove":
      return { edit: "remove", objectId: edit.objectId, target: edit.target };
    case "set-file":
      return { ...edit, to: endOf(operation, edit.to) };
  }
}

function endOf(operation: Operation, end: ReferenceEnd): { objectId: string; objectName: string } {
  if (end.object === "existing") return { objectId: end.objectId, objectName: end.objectName };
  const made = findStep(operation, "create", end.versionId)?.facts.object;
  if (!made) throw new Error("A service cannot be moved to an object that was not made.");
  return { objectId: made.id, objectName: made.name };
}
