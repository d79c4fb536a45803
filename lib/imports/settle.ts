import "server-only";
import { database } from "#lib/db/client.ts";
import { takeLock } from "#lib/db/lock.ts";
import { transaction } from "#lib/db/transaction.ts";
import { AppError, isAppError } from "#lib/errors.ts";
import { type Operation, stepsNamed } from "#lib/operations/ledger.ts";
import type { Ports } from "#lib/operations/ports.ts";
import { writeBinding } from "#lib/secrets/write-binding.ts";
import { importerNow } from "./starter.ts";
import { type ClaimedItem, holdItem, itemFailed, itemWaits } from "./store.ts";

/** A source that gave a value to the item, and none to its operation a moment later: so often it is begun anew. */
const mostAttempts = 3;

/**
 * Its operation has ended: where the secret is there, it is bound to its source and the item is done, in one commit.
 * Where it is not, the item says why, or is begun anew.
 */
export async function settleItem(item: ClaimedItem, ports: Ports): Promise<void> {
  const operation = await ports.store.find(item.operationId);
  const [planned] = operation?.plan.secrets ?? [];
  if (!operation || !planned)
    throw new AppError("unexpected", "The operation is gone. Look at the list of operations.");
  const { secretId } = planned;
  const made = await findMade(secretId);
  if (made === "none") return ofNothing(item, operation);
  if (made === "retired") {
    const sentence = `${planned.secretName} was retired before it was bound. Try again, and it is made anew.`;
    return itemFailed(item, { code: "not-found", sentence });
  }
  try {
    await importerNow(item.actor, ports.store);
    await bind(item, { id: secretId, name: made.name }, operation);
  } catch (error) {
    if (!isAppError(error) || !refusals.has(error.code)) throw error;
    const sentence = `${made.name} was made, but not bound to its source. ${error.publicMessage}`;
    await itemFailed(item, { code: error.code, sentence }, secretId);
  }
}

/** What a person has to mend before it can be bound. */
const refusals: ReadonlySet<string> = new Set(["forbidden", "not-found", "busy"]);

async function findMade(secretId: string): Promise<"none" | "retired" | { name: string }> {
  const secret = await database().secret.findUnique({
    where: { id: secretId },
    select: { name: true, removedAt: true, versions: { where: { state: "current", objectId: { not: null } } } },
  });
  if (secret?.removedAt) return "retired";
  return secret && secret.versions.length > 0 ? { name: secret.name } : "none";
}

/** What a step ended at once, the source refused; anything else was tried often enough. */
async function ofNothing(item: ClaimedItem, operation: Operation): Promise<void> {
  const failed = stepsNamed(operation, "create").find(({ state }) => state === "failed");
  const sentence = failed?.errorText ?? operation.attention?.because ?? "Its operation was stopped. Try again.";
  const why = { code: "not-made", sentence };
  const isRefused = failed !== undefined && failed.errorText !== null && failed.failures === 0;
  if (isRefused && item.attempts < mostAttempts) return itemWaits(item, why, 5);
  return itemFailed(item, why);
}

async function bind(item: ClaimedItem, secret: { id: string; name: string }, { plan }: Operation): Promise<void> {
  await transaction(async (tx) => {
    await takeLock(tx, `secret:${secret.id}`);
    await takeLock(tx, `source:${item.sourceId}`);
    await holdItem(tx, item);
    // A person may have bound it meanwhile: her word counts.
    if ((await tx.binding.count({ where: { secretId: secret.id } })) === 0) {
      // What its operation made is the version that it is bound with; a person may have given it another value since.
      const id = plan.create[0]?.versionId ?? "";
      const made = await tx.version.findUnique({ where: { id } });
      const newestId = made?.sourceVersionId ?? null;
      const agreesWith = made?.state === "current" ? newestId : null;
      const { id: bindingId } = await writeBinding(tx, { ...item, secret, newestId, agreesWith });
      await tx.version.updateMany({ where: { id }, data: { bindingId } });
    }
    const done = { state: "done", secretId: secret.id, leaseUntil: null, failureCode: null, failure: null };
    await tx.importItem.update({ where: { id: item.id }, data: done });
  });
}
