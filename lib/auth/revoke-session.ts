import "server-only";
import { appendOfNoSwarm } from "#lib/audit/append.ts";
import { type Clock, systemClock } from "#lib/clock.ts";
import { transaction } from "#lib/db/transaction.ts";
import { AppError } from "#lib/errors.ts";
import type { Permit } from "#lib/policy/permit.ts";
import { aliveAt } from "./sessions.ts";

/** Ends a session of one's own, or as an administrator anybody's. It is dead at its next request. */
export async function revokeSession(permit: Permit<"session.revoke">, clock: Clock = systemClock): Promise<void> {
  const { sessionId, personId } = permit.subject;
  await transaction(async (tx) => {
    const now = clock.now();
    // Both IDs must match: the permit is for sessions of this person only.
    const session = await tx.session.findFirst({
      where: { id: sessionId, personId, ...aliveAt(now) },
      include: { person: true },
    });
    if (!session) throw new AppError("not-found", "This session has ended already.");
    await tx.session.update({ where: { id: sessionId }, data: { revokedAt: now } });
    await appendOfNoSwarm(tx, permit.actor, {
      type: "session.revoked",
      personId,
      personName: session.person.name,
      sessionId,
    });
  });
}
