import "server-only";
import { eventActor } from "#lib/audit/actor.ts";
import { appendAudit } from "#lib/audit/append.ts";
import type { EventActor } from "#lib/audit/schema.ts";
import { isUniqueViolation } from "#lib/db/errors.ts";
import { transactionTime } from "#lib/db/time.ts";
import type { Transaction } from "#lib/db/transaction.ts";
import { AppError } from "#lib/errors.ts";
import type { Actor } from "#lib/policy/schema.ts";
import type { BindingMode } from "#lib/settings/schema.ts";
import type { Take } from "#lib/sources/schema.ts";

type NewBinding = {
  secret: { id: string; name: string };
  clusterId: string;
  actor: Actor | EventActor;
  sourceId: string;
  path: string;
  take: Take;
  mode: BindingMode;
  /** What the source had when its value was last read. */
  newestId: string | null;
  /** The version there that the Swarm has already; null where it has another value, or nobody could tell. */
  agreesWith: string | null;
};

/**
 * Binds a secret and writes that down, in the caller's transaction, which holds the locks of the secret and the source.
 * The version there that the Swarm has, or once had, is the caller's to mark: it counts as tried from the beginning.
 */
export async function writeBinding(tx: Transaction, binding: NewBinding): Promise<{ id: string }> {
  const { secret, clusterId, actor, sourceId, path, take, mode, newestId, agreesWith } = binding;
  await refuseAttached(tx, secret);
  const source = await tx.source.findUnique({ where: { id: sourceId }, select: { id: true, name: true } });
  if (!source)
    throw new AppError("not-found", "There is no such source any more. Bind the secret to another one.", {
      field: "sourceId",
    });
  const boundBy = actor.type === "person" ? actor.name : "Skep";
  const bound = { secretId: secret.id, sourceId, path, take, mode, boundBy };
  const seen = { newestId, newestState: "there", newestSince: new Date(0), lookedAt: await transactionTime(tx) };
  const { id } = await tx.binding.create({ data: { ...bound, ...seen } }).catch((cause: unknown) => {
    if (!isUniqueViolation(cause)) throw cause;
    throw new AppError("busy", "Somebody bound this secret a moment ago. Look at its page.", { cause });
  });
  await appendAudit(tx, {
    actor: eventActor(actor),
    clusterId,
    operationId: null,
    detail: { type: "secret.bound", secret, source, path, mode, agreesWith },
  });
  return { id };
}

/** A value has one origin. */
async function refuseAttached(tx: Transaction, { id: secretId, name }: { id: string; name: string }): Promise<void> {
  const attachment = await tx.attachment.findUnique({ where: { secretId }, include: { rotator: true } });
  if (attachment) throw new AppError("busy", attachedSentence(name, attachment.rotator.name));
}

export function attachedSentence(name: string, rotatorName: string): string {
  return `${name} is attached to the rotator ${rotatorName}. Detach it first.`;
}
