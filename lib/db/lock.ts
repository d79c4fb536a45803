import "server-only";
import type { Transaction } from "./client.ts";

/** Waits for a lock that all instances share, held until the transaction ends. Take several in the order of their names. */
export async function takeLock(tx: Transaction, name: string): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${name}, 0))`;
}
