import "server-only";
import type { Transaction } from "#lib/db/client.ts";
import { takeLock } from "#lib/db/lock.ts";
import { AppError } from "#lib/errors.ts";
import type { Plan } from "./schema.ts";

/**
 * What a plan was made after: how many operations each secret has had, how many are open, and where it is attached, if it
 * is: to which rotator, as of when its settings are, with which other secrets, and since when.
 */
export type OperationsSeen = Record<string, { all: number; open: number; attached?: string }>;

/** A plan that a person has confirmed: it starts only as long as nothing of that has changed in between. */
export type ConfirmedPlan = Plan & { seen?: OperationsSeen };

/** Ask this before anything else that a plan is made of: what comes afterwards shows when it starts. */
export async function operationsSeen(db: Transaction, secretIds: readonly string[]): Promise<OperationsSeen> {
  const rows = await db.operationSecret.findMany({
    where: { secretId: { in: [...secretIds] } },
    select: { secretId: true, isOpen: true },
  });
  const bySecret = Map.groupBy(rows, ({ secretId }) => secretId);
  const attachments = await attachmentsSeen(db, secretIds);
  return Object.fromEntries(
    secretIds.map((id) => {
      const own = bySecret.get(id) ?? [];
      const attached = attachments.get(id);
      const counted = { all: own.length, open: own.filter(({ isOpen }) => isOpen).length };
      return [id, attached === undefined ? counted : { ...counted, attached }];
    }),
  );
}

async function attachmentsSeen(db: Transaction, secretIds: readonly string[]): Promise<Map<string, string>> {
  const together = {
    where: { secret: { removedAt: null } },
    select: { secretId: true, attachedAt: true },
    orderBy: { secretId: "asc" as const },
  };
  const rows = await db.attachment.findMany({
    where: { secretId: { in: [...secretIds] } },
    select: { secretId: true, rotator: { select: { id: true, changedAt: true, attachments: together } } },
  });
  return new Map(rows.map(({ secretId, rotator }) => [secretId, JSON.stringify(rotator)]));
}

/**
 * Until the transaction ends, none of the plan's secrets is attached or detached, none is attached beside them, and the
 * settings of their rotators stay as they are. Whoever does that takes the same locks, and looks for open operations then.
 */
export async function lockOrigins(tx: Transaction, plan: Pick<Plan, "secrets" | "rotators">): Promise<void> {
  const secretIds = plan.secrets.map(({ secretId }) => secretId);
  const attached = await tx.attachment.findMany({
    where: { secretId: { in: secretIds } },
    select: { rotatorId: true },
  });
  const rotators = [...(plan.rotators ?? []), ...attached].map(({ rotatorId }) => `rotator:${rotatorId}`);
  const secrets = secretIds.map((secretId) => `secret:${secretId}`);
  for (const name of [...new Set([...rotators, ...secrets])].sort()) await takeLock(tx, name);
}

/** The same plan, sent twice, is run once, also where the first was over before the second began. */
export function refuseOvertaken(seen: OperationsSeen, now: OperationsSeen): void {
  for (const [secretId, { all, open, attached }] of Object.entries(seen)) {
    const counted = now[secretId];
    if (counted?.all !== all || counted.open !== open) {
      throw new AppError(
        "plan-changed",
        "Another operation on this secret came in between. Look at the new plan, then confirm it.",
      );
    }
    if (counted.attached !== attached) {
      throw new AppError(
        "plan-changed",
        "A secret was attached or detached, or a rotator's settings were changed, in between. Look at the new plan, then confirm it.",
      );
    }
  }
}
