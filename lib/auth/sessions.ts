import "server-only";
import { randomUUID } from "node:crypto";
import { type Clock, systemClock } from "#lib/clock.ts";
import { database } from "#lib/db/client.ts";
import type { Transaction } from "#lib/db/transaction.ts";
import type { Role } from "#lib/policy/schema.ts";
import type { RequestOrigin } from "./address.ts";
import { newToken, tokenHash } from "./tokens.ts";

/** A working day with its breaks; whoever stays longer signs in again. */
export const sessionHours = 12;
/** Long enough to read a plan over a telephone call, short enough for a desk that was left. */
const idleMinutes = 30;
/** Activity is written at most this often, so a busy page costs one small write a minute. */
const activitySeconds = 60;

const keptDays = 30;

export type LiveSession = {
  sessionId: string;
  person: { id: string; name: string; email: string; role: Role };
};

/** Begins a session. The token is for the cookie and is kept nowhere else. */
export async function createSession(
  tx: Transaction,
  personId: string,
  { address, userAgent }: RequestOrigin,
  clock: Clock = systemClock,
): Promise<{ token: string; sessionId: string }> {
  const token = newToken();
  const sessionId = randomUUID();
  const now = clock.now();
  // What is over is in the history; its row is kept a while for whoever asks where a session came from.
  const forgotten = new Date(now.getTime() - keptDays * 86_400_000);
  await tx.session.deleteMany({ where: { personId, endsAt: { lt: forgotten } } });
  await tx.session.create({
    data: {
      id: sessionId,
      personId,
      address,
      userAgent,
      createdAt: now,
      activeAt: now,
      tokenHash: tokenHash("session", token),
      endsAt: new Date(now.getTime() + sessionHours * 3_600_000),
    },
  });
  return { token, sessionId };
}

/** The session of a token, if it is alive this moment: not ended, not idle, not revoked, its person not disabled. */
export async function findSession(token: string, clock: Clock = systemClock): Promise<LiveSession | null> {
  if (token.length !== 43) return null;
  const row = await database().session.findFirst({
    where: { tokenHash: tokenHash("session", token), ...aliveAt(clock.now()) },
    include: { person: true },
  });
  if (!row) return null;
  const { id, name, email, role } = row.person;
  return { sessionId: row.id, person: { id, name, email, role: role as Role } };
}

/** Moves the idle limit. Only for what the person did herself, never for what a page does on its own. */
export async function markActive(sessionId: string, clock: Clock = systemClock): Promise<void> {
  const now = clock.now();
  await database().session.updateMany({
    where: {
      id: sessionId,
      AND: [aliveAt(now), { activeAt: { lt: new Date(now.getTime() - activitySeconds * 1000) } }],
    },
    data: { activeAt: now },
  });
}

/** Ends all sessions of a person, but one if it is named. They are dead at their next request. */
export async function endSessionsOf(
  tx: Transaction,
  personId: string,
  options: { except?: string; clock?: Clock } = {},
): Promise<void> {
  const { except, clock = systemClock } = options;
  await tx.session.updateMany({
    where: { personId, revokedAt: null, ...(except ? { id: { not: except } } : {}) },
    data: { revokedAt: clock.now() },
  });
}

/** What makes a row a session; every query for one uses this and nothing else. */
export function aliveAt(now: Date) {
  return {
    revokedAt: null,
    endsAt: { gt: now },
    activeAt: { gt: new Date(now.getTime() - idleMinutes * 60_000) },
    person: { disabledAt: null },
  };
}
