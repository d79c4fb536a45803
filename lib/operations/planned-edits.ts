import "server-only";
import type { ReferenceEdit } from "#lib/swarm/schema.ts";
import { changeOf, findStep, type Operation } from "./ledger.ts";
import type { PlannedEdit, ReferenceEnd } from "./schema.ts";

type ObjectEnd = { objectId: string; objectName: string };

/** What the plan wants of one service, by the objects that there are now. */
export function plannedEdits(
  operation: Operation,
  serviceId: string,
  endOf: (operation: Operation, end: ReferenceEnd) => ObjectEnd = madeEnd,
): ReferenceEdit[] {
  const resolve = (edit: PlannedEdit): ReferenceEdit => {
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
  };
  return (changeOf(operation, serviceId)?.edits ?? []).map(resolve);
}

function madeEnd(operation: Operation, end: ReferenceEnd): ObjectEnd {
  if (end.object === "existing") return { objectId: end.objectId, objectName: end.objectName };
  const made = findStep(operation, "create", end.versionId)?.facts.object;
  if (!made) throw new Error("A service cannot be moved to an object that was not made.");
  return { objectId: made.id, objectName: made.name };
}
