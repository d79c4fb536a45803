import "server-only";
import { isAppError } from "#lib/errors.ts";
import { type Database, database, type Transaction } from "./client.ts";
import { databaseError, databaseUnreachable, isOutOfTime } from "./errors.ts";

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
  const first = await attempt(work, options);
  if ("result" in first) return first.result;
  const last = first.mayTryAgain ? await attempt(work, options) : first;
  if ("result" in last) return last.result;
  throw last.failure;
}

type Attempt<T> = { result: T } | { failure: unknown; mayTryAgain: boolean };

async function attempt<T>(work: (tx: Transaction) => Promise<T>, options: TransactionOptions): Promise<Attempt<T>> {
  const { isolation = "ReadCommitted", timeoutSeconds = 10 } = options;
  let hasBegun = false;
  let ownError: unknown;
  const tracked = (tx: Transaction) => {
    hasBegun = true;
    return work(tx).catch((cause: unknown) => {
      ownError = cause;
      throw cause;
    });
  };
  try {
    const result = await (options.database ?? database()).$transaction(tracked, {
      isolationLevel: isolation,
      timeout: timeoutSeconds * 1000,
      maxWait: 5000,
    });
    return { result };
  } catch (cause) {
    if (cause === ownError) return { failure: cause, mayTryAgain: false };
    const failure = databaseError(cause);
    // Nobody answered BEGIN in all that time: whoever waits has waited long enough.
    if (!hasBegun && isOutOfTime(failure)) return { failure: databaseUnreachable(failure.cause), mayTryAgain: false };
    // A connection that died in the pool fails at BEGIN: nothing has happened yet, so a fresh one may be tried.
    return { failure, mayTryAgain: !hasBegun && isAppError(failure, "database-unreachable") };
  }
}
