import "server-only";
import { isUniqueViolation } from "#lib/db/errors.ts";
import type { Transaction } from "#lib/db/transaction.ts";
import { AppError } from "#lib/errors.ts";
import type { BindingMode } from "#lib/settings/schema.ts";
import type { Take } from "#lib/sources/schema.ts";

type NewBinding = {
  sourceId: string;
  path: string;
  take: Take;
  mode: BindingMode;
  boundBy: string;
  /** What the source had when its value was last read. */
  newestId: string | null;
};

/**
 * Binds a secret, in the caller's transaction. The version there that the Swarm has, or once had, is the caller's to mark:
 * it counts as tried from the beginning.
 */
export async function writeBinding(
  tx: Transaction,
  secretId: string,
  { sourceId, path, take, mode, boundBy, newestId }: NewBinding,
): Promise<{ id: string }> {
  const seen = { newestId, newestState: "there", newestSince: new Date(0), lookedAt: new Date() };
  try {
    return await tx.binding.create({ data: { secretId, sourceId, path, take, mode, boundBy, ...seen } });
  } catch (cause) {
    if (!isUniqueViolation(cause)) throw cause;
    throw new AppError("busy", "Somebody bound this secret a moment ago. Look at its page.", { cause });
  }
}
