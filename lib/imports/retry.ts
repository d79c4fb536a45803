import "server-only";
import { eventActor } from "#lib/audit/actor.ts";
import { appendAudit } from "#lib/audit/append.ts";
import { takeLock } from "#lib/db/lock.ts";
import { type Transaction, transaction } from "#lib/db/transaction.ts";
import { AppError } from "#lib/errors.ts";
import type { Permit } from "#lib/policy/permit.ts";
import { someOf } from "#lib/words.ts";
import { namesUnderWay } from "./plan.ts";
import { requireImport } from "./require-import.ts";
import type { RetryInput } from "./schema.ts";

/**
 * What failed is tried again, in the name of whoever asks now. One whose secret was made is only bound; any other begins
 * anew, with an operation of its own.
 */
export async function retryImport(permit: Permit<"secret.import">, input: RetryInput): Promise<void> {
  const { importId, itemId, name } = input;
  await transaction(async (tx) => {
    const { clusterId, sourceId, sourceName } = await requireImport(tx, importId);
    await takeLock(tx, `imports:${clusterId}`);
    await takeLock(tx, `source:${sourceId}`);
    if ((await tx.source.count({ where: { id: sourceId } })) === 0) {
      throw new AppError("not-found", `${sourceName} was removed. Begin another import from another source.`);
    }
    const chosen = { importId, state: "failed", ...(itemId ? { id: itemId } : {}) };
    const items = await tx.importItem.findMany({ where: chosen });
    if (items.length === 0) throw new AppError("plan-changed", "Nothing of it is failed any more. Look at it again.");
    const renamed = items.map((item) => ({
      ...item,
      name: item.secretId === null && itemId && name ? name : item.name,
    }));
    const others = await namesUnderWay(
      tx,
      clusterId,
      renamed.map((item) => item.name),
    );
    if (others.length > 0) {
      const sentence = `An import makes ${someOf(others)} just now. Give it another name.`;
      throw new AppError("name-taken", sentence, itemId ? { field: "name" } : {});
    }
    for (const item of renamed) await tryAgain(tx, item, { ...permit.actor });
    await appendAudit(tx, {
      actor: eventActor(permit.actor),
      clusterId,
      operationId: null,
      detail: { type: "import.retried", importId, source: { id: sourceId, name: sourceName }, count: items.length },
    });
  });
}

type Failed = { id: string; name: string; secretId: string | null };

async function tryAgain(tx: Transaction, { id, name, secretId }: Failed, actor: object): Promise<void> {
  const fresh = { name, actor, attempts: 0, token: { increment: 1 }, leaseUntil: null, nextTryAt: new Date(0) };
  const begun = secretId === null ? { state: "waiting", operationId: null } : { state: "running" };
  await tx.importItem.update({ where: { id }, data: { ...fresh, ...begun, failureCode: null, failure: null } });
}
