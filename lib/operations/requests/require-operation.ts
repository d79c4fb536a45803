import "server-only";
import { AppError } from "#lib/errors.ts";
import type { SubjectOf } from "#lib/policy/schema.ts";
import type { Operation } from "../ledger.ts";
import { isToLeaked } from "../starter.ts";
import type { OperationStore } from "../store-port.ts";

type Subject = SubjectOf<"operation.decide">;

/** The permit was for an operation like this one: who may decide is another matter from kind to kind, and for what has leaked. */
export function requireKind({ kind, plan }: Pick<Operation, "kind" | "plan">, subject: Subject): void {
  if (subject.kind === kind && (subject.isLeaked === true || !isToLeaked(plan))) return;
  throw new AppError("forbidden", "This permission is for another kind of operation. Look at the operation again.");
}

export async function requireOperation(store: Pick<OperationStore, "find">, id: string): Promise<Operation> {
  const operation = await store.find(id);
  if (!operation) throw new AppError("not-found", "There is no such operation. Look at the list of operations.");
  return operation;
}
