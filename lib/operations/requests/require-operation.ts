import "server-only";
import { AppError } from "#lib/errors.ts";
import type { Operation } from "../ledger.ts";
import type { OperationStore } from "../store-port.ts";

export async function requireOperation(store: Pick<OperationStore, "find">, id: string): Promise<Operation> {
  const operation = await store.find(id);
  if (!operation) throw new AppError("not-found", "There is no such operation. Look at the list of operations.");
  return operation;
}
