import "server-only";
import type { Transaction } from "#lib/db/client.ts";
import { AppError } from "#lib/errors.ts";

export async function requireImport(tx: Transaction, id: string) {
  const row = await tx.import.findUnique({ where: { id } });
  if (row) return row;
  throw new AppError("not-found", "There is no such import. Look at the list of imports.");
}
