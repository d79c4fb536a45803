import "server-only";
import { appendOfNoSwarm } from "#lib/audit/append.ts";
import type { EventActor } from "#lib/audit/schema.ts";
import { type Clock, systemClock } from "#lib/clock.ts";
import { database } from "#lib/db/client.ts";
import { transaction } from "#lib/db/transaction.ts";
import { AppError } from "#lib/errors.ts";
import type { RequestOrigin } from "./address.ts";
import { hashPassword, isOutdated, nobodysHash, type VerifyPassword, verifyPassword } from "./passwords.ts";
import { createSession } from "./sessions.ts";
import { beginAttempt, forgiveAttempt } from "./throttle.ts";

export type SignedIn = { token: string; sessionId: string; person: { id: string; name: string; email: string } };

const doNotFit = "This e-mail and password do not fit together. Check both and try again.";

type Options = { clock?: Clock; verify?: VerifyPassword };

/**
 * Checks an e-mail and a password and begins a session. Unknown, disabled and mistyped are refused in the same words,
 * after the same work: one look-up, one comparison, one event.
 */
export async function signIn(
  credentials: { email: string; password: string },
  origin: RequestOrigin,
  options: Options = {},
): Promise<SignedIn> {
  const { clock = systemClock, verify = verifyPassword } = options;
  const account = credentials.email.trim().toLowerCase();
  const stranger: EventActor = { type: "stranger", ...origin };

  const attempt = await beginAttempt(account, origin.address, clock);
  if (attempt.isThrottled) {
    if (attempt.isFirst) await recordRefusal(stranger, account, "throttled");
    const wait = attempt.waitMinutes === 1 ? "a minute" : `${attempt.waitMinutes} minutes`;
    throw new AppError("throttled", `Too many attempts. Wait ${wait}, then try again.`);
  }

  const person = await database().person.findUnique({ where: { email: account } });
  const isRight = await verify(credentials.password, person?.passwordHash ?? (await nobodysHash()));
  if (!person || !isRight || person.disabledAt) {
    await recordRefusal(stranger, account, person?.disabledAt && isRight ? "disabled" : "wrong");
    throw new AppError("not-signed-in", doNotFit);
  }

  const newHash = isOutdated(person.passwordHash) ? await hashPassword(credentials.password) : null;
  return transaction(async (tx) => {
    // Between the comparison and now the password may have been changed, or the person disabled.
    const { count } = await tx.person.updateMany({
      where: { id: person.id, passwordHash: person.passwordHash, disabledAt: null },
      data: { passwordHash: newHash ?? person.passwordHash },
    });
    if (count === 0) throw new AppError("not-signed-in", doNotFit);
    await forgiveAttempt(tx, attempt);
    const session = await createSession(tx, person.id, origin, clock);
    const actor: EventActor = {
      type: "person",
      personId: person.id,
      name: person.name,
      sessionId: session.sessionId,
      ...origin,
    };
    await appendOfNoSwarm(tx, actor, { type: "session.signed-in" }, { clock });
    return { ...session, person: { id: person.id, name: person.name, email: person.email } };
  });
}

async function recordRefusal(
  actor: EventActor,
  account: string,
  because: "wrong" | "throttled" | "disabled",
): Promise<void> {
  const detail = { type: "session.sign-in-refused", account, because } as const;
  await transaction((tx) => appendOfNoSwarm(tx, actor, detail));
}
