import "server-only";
import { type Clock, systemClock } from "#lib/clock.ts";
import { database } from "#lib/db/client.ts";
import type { Permit } from "#lib/policy/permit.ts";
import { allowed } from "#lib/policy/rules.ts";
import type { Actor, Person, Role } from "#lib/policy/schema.ts";
import type { PeopleView, PersonRow, SessionRow } from "./schema.ts";
import { aliveAt } from "./sessions.ts";

/** Everybody, and who is invited. */
export async function listPeople({ actor }: Permit<"person.read">, clock: Clock = systemClock): Promise<PeopleView> {
  const now = clock.now();
  const [people, invitations] = await Promise.all([
    database().person.findMany({
      orderBy: { name: "asc" },
      include: { sessions: { where: aliveAt(now), select: { activeAt: true } } },
    }),
    database().invitation.findMany({
      where: { purpose: "invitation", usedAt: null, endsAt: { gt: now } },
      orderBy: { createdAt: "desc" },
    }),
  ]);
  const names = new Map(people.map(({ id, name }) => [id, name]));
  return {
    people: people.map((person) => personRow(person, actor)),
    invitations: invitations.map(({ id, email, role, invitedBy, endsAt }) => ({
      id,
      email: email ?? "",
      role: role as Role,
      invitedBy: names.get(invitedBy ?? "") ?? "",
      endsAt: endsAt.toISOString(),
    })),
  };
}

/** One's own live sessions, the newest first. */
export async function listOwnSessions(actor: Person, clock: Clock = systemClock): Promise<SessionRow[]> {
  return listSessions({ personId: actor.personId }, actor, clock);
}

/** Everybody's live sessions. */
export async function listAllSessions(
  { actor }: Permit<"person.read">,
  clock: Clock = systemClock,
): Promise<SessionRow[]> {
  return listSessions({}, actor, clock);
}

async function listSessions(where: { personId?: string }, actor: Actor, clock: Clock): Promise<SessionRow[]> {
  const rows = await database().session.findMany({
    where: { ...where, ...aliveAt(clock.now()) },
    orderBy: { activeAt: "desc" },
    include: { person: { select: { name: true } } },
  });
  return rows.map(({ id, personId, person, createdAt, activeAt, endsAt, address, userAgent }) => ({
    id,
    personId,
    personName: person.name,
    address,
    userAgent,
    createdAt: createdAt.toISOString(),
    activeAt: activeAt.toISOString(),
    endsAt: endsAt.toISOString(),
    isCurrent: actor.type === "person" && actor.sessionId === id,
  }));
}

type PersonFound = {
  id: string;
  name: string;
  email: string;
  role: string;
  disabledAt: Date | null;
  sessions: { activeAt: Date }[];
};

function personRow({ id, name, email, role, disabledAt, sessions }: PersonFound, actor: Actor): PersonRow {
  const lastActive = Math.max(...sessions.map(({ activeAt }) => activeAt.getTime()));
  return {
    id,
    name,
    email,
    role: role as Role,
    sessions: sessions.length,
    disabledAt: disabledAt?.toISOString() ?? null,
    lastActiveAt: sessions.length > 0 ? new Date(lastActive).toISOString() : null,
    isSelf: actor.type === "person" && actor.personId === id,
    can: allowed(actor, { "person.change": { personId: id } }),
  };
}
