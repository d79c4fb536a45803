import "server-only";
import { type Database, database, type Transaction } from "./client.ts";
import { databaseError } from "./errors.ts";

export type { Transaction } from "./client.ts";

export type TransactionOptions = {
  /** Events are written in READ COMMITTED only; the others are for reads that must agree with each other. */
  isolation?: "ReadCommitted" | "RepeatableRead" | "Serializable";
  timeoutSeconds?: number;
  database?: Database;
};

/**
 * Runs work in one transaction: all of it is committed when this returns, none of it when it throws.
 * One exception: when the answer to COMMIT is lost (`database-unreachable`), nobody knows until somebody looks.
 * Never call the Swarm from inside.
 */
export async function transaction<T>(
  work: (tx: Transaction) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  const { isolation = "ReadCommitted", timeoutSeconds = 10 } = options;
  let ownError: unknown;
  try {
    const tracked = (tx: Transaction) =>
      work(tx).catch((cause: unknown) => {
        ownError = cause;
        throw cause;
      });
    return await (options.database ?? database()).$transaction(tracked, {
      isolationLevel: isolation,
      timeout: timeoutSeconds * 1000,
      maxWait: 5000,
    });
  } catch (cause) {
    throw cause === ownError ? cause : databaseError(cause);
  }
}
