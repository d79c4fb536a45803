import "server-only";
import { randomUUID } from "node:crypto";
import { appendOfNoSwarm } from "#lib/audit/append.ts";
import { type Clock, systemClock } from "#lib/clock.ts";
import { database } from "#lib/db/client.ts";
import { takeLock } from "#lib/db/lock.ts";
import { type Transaction, transaction } from "#lib/db/transaction.ts";
import { AppError } from "#lib/errors.ts";
import type { Permit } from "#lib/policy/permit.ts";
import type { Role } from "#lib/policy/schema.ts";
import type { RequestOrigin } from "./address.ts";
import { hashPassword } from "./passwords.ts";
import { isAdministrator } from "./people.ts";
import type { InviteInput, JoinInput } from "./schema.ts";
import { newToken, tokenHash } from "./tokens.ts";

/** Over a long weekend; whoever needs longer is invited again. */
const invitationHours = 96;

export type OpenInvitation = { email: string; role: Role };

/** Invites somebody; the token is for the link and is shown once. A newer invitation of the same address ends the older. */
export async function invite(
  permit: Permit<"person.invite">,
  { email }: Pick<InviteInput, "email">,
  clock: Clock = systemClock,
): Promise<{ token: string }> {
  const { actor, subject } = permit;
  const token = newToken();
  return transaction(async (tx) => {
    await takeLock(tx, `invitation:${email}`);
    if (await tx.person.findUnique({ where: { email } })) {
      throw new AppError("name-taken", "Somebody with this e-mail address is here already. Look in the list below.", {
        field: "email",
      });
    }
    const now = clock.now();
    await tx.invitation.deleteMany({ where: { purpose: "invitation", email, usedAt: null } });
    await tx.invitation.create({
      data: {
        id: randomUUID(),
        purpose: "invitation",
        email,
        role: subject.role,
        createdAt: now,
        tokenHash: tokenHash("invitation", token),
        invitedBy: actor.type === "person" ? actor.personId : null,
        endsAt: new Date(now.getTime() + invitationHours * 3_600_000),
      },
    });
    await appendOfNoSwarm(tx, actor, { type: "person.invited", email, role: subject.role });
    return { token };
  });
}

/** Ends an invitation that nobody has used yet. */
export async function withdrawInvitation(permit: Permit<"person.invite">, invitationId: string): Promise<void> {
  await transaction(async (tx) => {
    const open = await tx.invitation.findFirst({ where: { id: invitationId, purpose: "invitation", usedAt: null } });
    if (!open?.email) throw new AppError("not-found", "This invitation is no longer open. Reload the page.");
    await tx.invitation.delete({ where: { id: invitationId } });
    await appendOfNoSwarm(tx, permit.actor, {
      type: "person.invitation-withdrawn",
      email: open.email,
      role: open.role as Role,
    });
  });
}

/** Whom a link invites and as what, while it works. Looking does not use it up. */
export async function findInvitation(token: string, clock: Clock = systemClock): Promise<OpenInvitation | null> {
  return findOpen(database(), token, clock);
}

/** Makes the person of an invitation. Of two who use the link at once, one joins. */
export async function join(
  input: JoinInput,
  origin: RequestOrigin,
  clock: Clock = systemClock,
): Promise<{ email: string }> {
  if (!(await findInvitation(input.token, clock))) throw closed();
  const passwordHash = await hashPassword(input.password);
  return transaction(async (tx) => {
    await takeLock(tx, "people");
    const invitation = await findOpen(tx, input.token, clock);
    const where = { tokenHash: tokenHash("invitation", input.token), usedAt: null };
    const used = await tx.invitation.updateMany({ where, data: { usedAt: clock.now() } });
    if (!invitation || used.count === 0) throw closed();
    await refuseTakenName(tx, input.name);
    const { email, role } = invitation;
    const person = { id: randomUUID(), name: input.name };
    await tx.person.create({ data: { ...person, email, role, passwordHash } });
    const actor = { type: "person", personId: person.id, name: person.name, sessionId: null, ...origin } as const;
    await appendOfNoSwarm(tx, actor, { type: "person.joined", person, role });
    return { email };
  });
}

function closed(): AppError {
  return new AppError("not-found", "This invitation no longer works. Ask an administrator for a new one.");
}

/** The history tells people apart by their names: who joins cannot look like somebody who was here before. */
async function refuseTakenName(tx: Transaction, name: string): Promise<void> {
  const taken = await tx.$queryRaw<object[]>`SELECT 1 FROM "Person" WHERE lower("name") = lower(${name}) LIMIT 1`;
  if (taken.length === 0) return;
  const sentence = "Somebody here has this name already. Add to yours, so that the history tells you apart.";
  throw new AppError("name-taken", sentence, { field: "name" });
}

/** An invitation ends when the person who wrote it is an administrator no more. */
async function findOpen(tx: Transaction, token: string, clock: Clock): Promise<OpenInvitation | null> {
  const row = await tx.invitation.findFirst({
    where: {
      purpose: "invitation",
      tokenHash: tokenHash("invitation", token),
      usedAt: null,
      endsAt: { gt: clock.now() },
    },
  });
  if (!row?.email || !(await isAdministrator(tx, row.invitedBy))) return null;
  return { email: row.email, role: row.role as Role };
}
