import "server-only";
import { appendOfNoSwarm } from "#lib/audit/append.ts";
import { type Clock, systemClock } from "#lib/clock.ts";
import { database } from "#lib/db/client.ts";
import { type Transaction, transaction } from "#lib/db/transaction.ts";
import { AppError } from "#lib/errors.ts";
import type { Permit } from "#lib/policy/permit.ts";
import type { RequestOrigin } from "./address.ts";
import { insertPasswordLink } from "./password-link.ts";
import { hashPassword, verifyPassword } from "./passwords.ts";
import { isAdministrator } from "./people.ts";
import type { ChangePasswordInput } from "./schema.ts";
import { endSessionsOf } from "./sessions.ts";
import { beginAttempt, forgiveAttempt } from "./throttle.ts";
import { tokenHash } from "./tokens.ts";

const linkHours = 24;

/** Changes one's own password and ends one's other sessions. Guessing the present one here is throttled like signing in. */
export async function changePassword(
  { actor, subject }: Permit<"password.change">,
  input: ChangePasswordInput,
  clock: Clock = systemClock,
): Promise<void> {
  const person = await database().person.findUniqueOrThrow({ where: { id: subject.personId } });
  const attempt = await beginAttempt(person.email, actor.type === "person" ? actor.address : null, clock);
  if (attempt.isThrottled) throw new AppError("throttled", "Too many attempts. Wait a quarter of an hour.");
  if (!(await verifyPassword(input.currentPassword, person.passwordHash))) {
    throw new AppError("forbidden", "This is not your present password. Try again.", { field: "currentPassword" });
  }
  const passwordHash = await hashPassword(input.newPassword);
  await transaction(async (tx) => {
    await forgiveAttempt(tx, attempt);
    await tx.person.update({ where: { id: person.id }, data: { passwordHash } });
    await endSessionsOf(tx, person.id, { clock, ...(actor.type === "person" ? { except: actor.sessionId } : {}) });
    await appendOfNoSwarm(tx, actor, { type: "person.password-changed", person: { id: person.id, name: person.name } });
  });
}

/** For somebody who forgot her password: a link, shown once, with which she sets a new one. Until she does, nothing changes. */
export async function createPasswordLink(
  { actor, subject }: Permit<"person.change">,
  clock: Clock = systemClock,
): Promise<{ token: string }> {
  return transaction(async (tx) => {
    const person = await tx.person.findFirst({ where: { id: subject.personId, disabledAt: null } });
    if (!person) throw new AppError("not-found", "This person is disabled. Enable the account first.");
    const { email, role } = person;
    const invitedBy = actor.type === "person" ? actor.personId : null;
    const token = await insertPasswordLink(tx, { email, role, invitedBy, now: clock.now(), hours: linkHours });
    await appendOfNoSwarm(tx, actor, {
      type: "person.password-link-made",
      person: { id: person.id, name: person.name },
    });
    return { token };
  });
}

/** For whom a password link works, while it does. */
export async function findPasswordLink(token: string, clock: Clock = systemClock): Promise<{ email: string } | null> {
  const person = await findByLink(database(), token, clock);
  return person && { email: person.email };
}

/** Sets the password of a link, once, and ends all sessions of its person. */
export async function setPasswordByLink(
  { token, password }: { token: string; password: string },
  origin: RequestOrigin,
  clock: Clock = systemClock,
): Promise<{ email: string }> {
  if (!(await findPasswordLink(token, clock))) throw closed();
  const passwordHash = await hashPassword(password);
  return transaction(async (tx) => {
    const person = await findByLink(tx, token, clock);
    const where = { tokenHash: tokenHash("password", token), usedAt: null };
    const used = await tx.invitation.updateMany({ where, data: { usedAt: clock.now() } });
    if (!person || used.count === 0) throw closed();
    await tx.person.update({ where: { id: person.id }, data: { passwordHash } });
    await endSessionsOf(tx, person.id, { clock });
    await tx.signInFailure.deleteMany({ where: { subject: `account:${person.email}` } });
    const { id, name, email } = person;
    const actor = { type: "person", personId: id, name, sessionId: null, ...origin } as const;
    await appendOfNoSwarm(tx, actor, { type: "person.password-changed", person: { id, name } });
    return { email };
  });
}

function closed(): AppError {
  return new AppError("not-found", "This link no longer works. Ask an administrator for a new one.");
}

/** A link works as long as its author is an administrator. One made on the command line has no author, and works too. */
async function findByLink(tx: Transaction, token: string, clock: Clock) {
  const row = await tx.invitation.findFirst({
    where: { purpose: "password", tokenHash: tokenHash("password", token), usedAt: null, endsAt: { gt: clock.now() } },
  });
  if (!row?.email || (row.invitedBy !== null && !(await isAdministrator(tx, row.invitedBy)))) return null;
  return tx.person.findFirst({ where: { email: row.email, disabledAt: null } });
}
