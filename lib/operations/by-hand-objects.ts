import "server-only";
import { findStep, type Operation } from "./ledger.ts";
import type { SeenSwarm } from "./now.ts";
import { highestNumber, isOwnObject, nameOfNumber } from "./object-name.ts";
import type { PlannedVersion, ReferenceEnd } from "./schema.ts";

/** The object of a planned version: the one that is there, or the one that is still to be made. */
export type PlannedObject = {
  /** As long as it is not there, an ID that no object has. */
  id: string;
  name: string;
  isThere: boolean;
  /** The name that it was to have, where a foreign object has that. */
  takenName: string | null;
};

/** R2, R13: this operation's own object by the ledger or by its labels; otherwise the next name that is free. */
export function plannedObject(
  operation: Operation,
  planned: PlannedVersion,
  secrets: SeenSwarm["secrets"],
): PlannedObject {
  const { object: made, number: tried } = findStep(operation, "create", planned.versionId)?.facts ?? {};
  const objects = [...secrets.values()];
  const own = secrets.get(made?.id ?? "") ?? objects.find(({ labels }) => isOwnObject(labels, operation, planned));
  if (own) return { id: own.id, name: own.name, isThere: true, takenName: null };
  const number = made?.number ?? tried ?? planned.number;
  const name = made?.name ?? nameOfNumber(planned, number);
  const isTaken = objects.some((each) => each.name.toLowerCase() === name.toLowerCase());
  return {
    id: planned.versionId,
    name: isTaken ? nameOfNumber(planned, Math.max(number, highestNumber(planned, objects)) + 1) : name,
    isThere: false,
    takenName: isTaken ? name : null,
  };
}

/** Where a reference is to end, by the objects that there are, or will be when the commands before it have run. */
export function endIn({ secrets }: SeenSwarm) {
  return (operation: Operation, end: ReferenceEnd): { objectId: string; objectName: string } => {
    if (end.object === "existing") return end;
    const planned = operation.plan.create.find(({ versionId }) => versionId === end.versionId);
    if (!planned) return { objectId: end.versionId, objectName: end.versionId };
    const { id, name } = plannedObject(operation, planned, secrets);
    return { objectId: id, objectName: name };
  };
}
