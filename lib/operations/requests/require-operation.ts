import "server-only";
import { AppError } from "#lib/errors.ts";
import type { SubjectOf } from "#lib/policy/schema.ts";
import { type Operation, rotatorsOf } from "../ledger.ts";
import { isOneWay } from "../rotator-turn.ts";
import { isToLeaked } from "../starter.ts";
import type { OperationStore, WishedOf } from "../store-port.ts";

type Subject = SubjectOf<"operation.decide">;

/** The permit was for an operation like this one: who may decide is another matter from kind to kind, and for what has leaked. */
export function requireKind({ kind, plan }: Pick<Operation, "kind" | "plan">, subject: Subject): void {
  if (subject.kind === kind && (subject.isLeaked === true || !isToLeaked(plan))) return;
  throw new AppError("forbidden", "This permission is for another kind of operation. Look at the operation again.");
}

/** R7: whoever still has the old password cannot sign in with it. */
export function refuseOneWay(operation: Operation): void {
  if (!isOneWay(operation)) return;
  const sentence = "The new password is set, and the old one does not work beside it: this can only go on to its end.";
  throw new AppError("plan-changed", sentence);
}

/** R7: where there may be no way back a moment later, she has to have seen the operation as it is when her wish holds. */
export function asSeen({ plan, revision }: Operation): Pick<WishedOf, "revision"> {
  return rotatorsOf(plan).some(({ keepsOld }) => !keepsOld) ? { revision } : {};
}

export async function requireOperation(store: Pick<OperationStore, "find">, id: string): Promise<Operation> {
  const operation = await store.find(id);
  if (!operation) throw new AppError("not-found", "There is no such operation. Look at the list of operations.");
  return operation;
}
