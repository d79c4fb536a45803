import "server-only";
import { randomUUID } from "node:crypto";
import { type Clock, systemClock } from "#lib/clock.ts";
import { takeLock } from "#lib/db/lock.ts";
import { type Transaction, transaction } from "#lib/db/transaction.ts";
import { countedAddress } from "./address.ts";

/** Attempts are counted over this long; who has used them up waits until the oldest is that old. */
const windowMinutes = 15;
/** Enough for somebody who tries her old passwords; 960 guesses a day against one account are far too few for a thief. */
const attemptsPerAccount = 10;
/** An office behind one address shares this. Fewer would lock colleagues out, more would let one machine try many accounts. */
const attemptsPerAddress = 30;

export type Attempt =
  | { isThrottled: false; account: string; rowIds: string[] }
  /** `isFirst`: the first refusal in this window, the one that the history tells. */
  | { isThrottled: true; isFirst: boolean; waitMinutes: number };

/**
 * Counts an attempt before the password is looked at, so that a hundred at once are not each the first.
 * An account that does not exist counts like one that does. A success takes its own count back.
 */
export function beginAttempt(account: string, address: string | null, clock: Clock = systemClock): Promise<Attempt> {
  const limits = [
    { subject: `account:${account}`, most: attemptsPerAccount },
    { subject: `address:${countedAddress(address)}`, most: attemptsPerAddress },
  ];
  return transaction(async (tx) => {
    // Always account first: one order for all, so that two never wait for each other.
    for (const { subject } of limits) await takeLock(tx, `sign-in:${subject}`);
    const now = clock.now();
    const since = new Date(now.getTime() - windowMinutes * 60_000);
    await tx.signInFailure.deleteMany({ where: { failedAt: { lte: since } } });
    for (const { subject, most } of limits) {
      const refusal = await findRefusal(tx, { subject, most, now });
      if (refusal) return refusal;
    }
    const rows = limits.map(({ subject }) => ({ id: randomUUID(), subject, failedAt: now }));
    await tx.signInFailure.createMany({ data: rows });
    return { isThrottled: false, account, rowIds: rows.map(({ id }) => id) };
  });
}

/** The password was right: the account's count begins anew, the address is relieved of this one attempt. */
export async function forgiveAttempt(
  tx: Transaction,
  { account, rowIds }: { account: string; rowIds: string[] },
): Promise<void> {
  await tx.signInFailure.deleteMany({ where: { OR: [{ subject: `account:${account}` }, { id: { in: rowIds } }] } });
}

type Limit = { subject: string; most: number; now: Date };

async function findRefusal(tx: Transaction, { subject, most, now }: Limit): Promise<Attempt | null> {
  const counted = await tx.signInFailure.findMany({ where: { subject }, orderBy: { failedAt: "asc" } });
  const oldest = counted.at(-most);
  if (!oldest) return null;
  const told = await tx.signInFailure.count({ where: { subject: `told:${subject}` } });
  if (told === 0)
    await tx.signInFailure.create({ data: { id: randomUUID(), subject: `told:${subject}`, failedAt: now } });
  const remaining = oldest.failedAt.getTime() + windowMinutes * 60_000 - now.getTime();
  return { isThrottled: true, isFirst: told === 0, waitMinutes: Math.max(1, Math.ceil(remaining / 60_000)) };
}
