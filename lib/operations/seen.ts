import "server-only";
import type { Transaction } from "#lib/db/client.ts";
import { AppError } from "#lib/errors.ts";
import type { Plan } from "./schema.ts";

/** How many operations each secret has had, and how many are open: what a plan was made after. */
export type OperationsSeen = Record<string, { all: number; open: number }>;

/** A plan that a person has confirmed: it starts only as long as no other operation has come in between. */
export type ConfirmedPlan = Plan & { seen?: OperationsSeen };

/** Ask this before anything else that a plan is made of: what comes afterwards shows when it starts. */
export async function operationsSeen(db: Transaction, secretIds: readonly string[]): Promise<OperationsSeen> {
  const rows = await db.operationSecret.findMany({
    where: { secretId: { in: [...secretIds] } },
    select: { secretId: true, isOpen: true },
  });
  const bySecret = Map.groupBy(rows, ({ secretId }) => secretId);
  return Object.fromEntries(
    secretIds.map((id) => {
      const own = bySecret.get(id) ?? [];
      return [id, { all: own.length, open: own.filter(({ isOpen }) => isOpen).length }];
    }),
  );
}

/** The same plan, sent twice, is run once, also where the first was over before the second began. */
export function refuseOvertaken(seen: OperationsSeen, now: OperationsSeen): void {
  for (const [secretId, { all, open }] of Object.entries(seen)) {
    if (now[secretId]?.all === all && now[secretId]?.open === open) continue;
    throw new AppError(
      "plan-changed",
      "Another operation on this secret came in between. Look at the new plan, then confirm it.",
    );
  }
}
