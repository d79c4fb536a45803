import "server-only";
import { AppError } from "#lib/errors.ts";
import type { Transaction } from "./client.ts";

/** When this transaction began, by Postgres: what several instances write is compared, and their clocks differ. */
export async function transactionTime(tx: Transaction): Promise<Date> {
  const [row] = await tx.$queryRaw<{ at: Date }[]>`SELECT now() AS at`;
  if (!row) throw new AppError("unexpected", "Postgres did not say what time it is.");
  return row.at;
}
