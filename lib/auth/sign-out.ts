import "server-only";
import { appendOfNoSwarm } from "#lib/audit/append.ts";
import { systemClock } from "#lib/clock.ts";
import { transaction } from "#lib/db/transaction.ts";
import { aliveAt } from "./sessions.ts";

/** Ends one's own session. Where it has ended already, nothing is written. */
export async function endSession(sessionId: string): Promise<void> {
  await transaction(async (tx) => {
    const now = systemClock.now();
    const session = await tx.session.findFirst({
      where: { id: sessionId, ...aliveAt(now) },
      include: { person: true },
    });
    if (!session) return;
    await tx.session.update({ where: { id: sessionId }, data: { revokedAt: now } });
    const { address, userAgent, person } = session;
    const actor = { type: "person", personId: person.id, name: person.name, sessionId, address, userAgent } as const;
    await appendOfNoSwarm(tx, actor, { type: "session.signed-out" });
  });
}
