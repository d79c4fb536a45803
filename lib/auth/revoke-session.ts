import "server-only";
import { type Clock, systemClock } from "#lib/clock.ts";
import { transaction } from "#lib/db/transaction.ts";
import { AppError } from "#lib/errors.ts";
import type { Permit } from "#lib/policy/permit.ts";
import { record } from "./record.ts";
import { aliveAt } from "./sessions.ts";

/** Ends a session of one's own, or as an administrator anybody's. It is dead at its next request. */
export async function revokeSession(permit: Permit<"session.revoke">, clock: Clock = systemClock): Promise<void> {
  const { sessionId, personId } = permit.subject;
  await transaction(async (tx) => {
    const now = clock.now();
    // By both: the permit was given for this person's session, whatever ID came with it.
    const session = await tx.session.findFirst({
      where: { id: sessionId, personId, ...aliveAt(now) },
      include: { person: true },
    });
    if (!session) throw new AppError("not-found", "This session has ended already.");
    await tx.session.update({ where: { id: sessionId }, data: { revokedAt: now } });
    await record(tx, permit.actor, { type: "session.revoked", personId, personName: session.person.name, sessionId });
  });
}
