import "server-only";
import { AppError } from "#lib/errors.ts";
import type { Operation } from "../ledger.ts";
import type { OperationStore } from "../store-port.ts";

/** The permit was for an operation of this kind: who may decide is another matter from kind to kind. */
export function requireKind({ kind }: Pick<Operation, "kind">, subject: { kind: Operation["kind"] | null }): void {
  if (subject.kind === kind) return;
  throw new AppError("forbidden", "This permission is for another kind of operation. Look at the operation again.");
}

export async function requireOperation(store: Pick<OperationStore, "find">, id: string): Promise<Operation> {
  const operation = await store.find(id);
  if (!operation) throw new AppError("not-found", "There is no such operation. Look at the list of operations.");
  return operation;
}
