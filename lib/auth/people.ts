import "server-only";
import { appendOfNoSwarm } from "#lib/audit/append.ts";
import { type Clock, systemClock } from "#lib/clock.ts";
import { takeLock } from "#lib/db/lock.ts";
import { type Transaction, transaction } from "#lib/db/transaction.ts";
import { AppError } from "#lib/errors.ts";
import type { Permit } from "#lib/policy/permit.ts";
import type { Role } from "#lib/policy/schema.ts";
import { endSessionsOf } from "./sessions.ts";

type PermitToChange = Permit<"person.change">;
type PersonFound = { id: string; name: string; role: string; disabledAt: Date | null };

/** Gives a person another role. It counts from her next request on. */
export async function changeRole(permit: PermitToChange, role: Role): Promise<void> {
  await changePerson(permit, async (tx, person) => {
    if (person.role === role) return;
    if (role !== "administrator") await refuseLastAdministrator(tx, person);
    await tx.person.update({ where: { id: person.id }, data: { role } });
    const { id, name } = person;
    await appendOfNoSwarm(tx, permit.actor, {
      type: "person.role-changed",
      person: { id, name },
      before: person.role as Role,
      after: role,
    });
  });
}

/** Keeps a person out: her sessions are dead at their next request, and stay dead when she is enabled again. */
export async function disablePerson(permit: PermitToChange, clock: Clock = systemClock): Promise<void> {
  await changePerson(permit, async (tx, person) => {
    if (person.disabledAt) return;
    await refuseLastAdministrator(tx, person);
    await tx.person.update({ where: { id: person.id }, data: { disabledAt: clock.now() } });
    await endSessionsOf(tx, person.id, { clock });
    await appendOfNoSwarm(tx, permit.actor, { type: "person.disabled", person: { id: person.id, name: person.name } });
  });
}

/** Lets a disabled person in again, with the password that she had. */
export async function enablePerson(permit: PermitToChange): Promise<void> {
  await changePerson(permit, async (tx, person) => {
    if (!person.disabledAt) return;
    await tx.person.update({ where: { id: person.id }, data: { disabledAt: null } });
    await appendOfNoSwarm(tx, permit.actor, { type: "person.enabled", person: { id: person.id, name: person.name } });
  });
}

/** Whether this person is an administrator now. A link that let others in ends with its author's rights. */
export async function isAdministrator(tx: Transaction, personId: string | null): Promise<boolean> {
  if (personId === null) return false;
  return (await tx.person.count({ where: { id: personId, role: "administrator", disabledAt: null } })) > 0;
}

/** One change of people at a time, so that two administrators cannot shut each other out at once. */
async function changePerson(
  { subject }: PermitToChange,
  change: (tx: Transaction, person: PersonFound) => Promise<void>,
): Promise<void> {
  await transaction(async (tx) => {
    await takeLock(tx, "people");
    const person = await tx.person.findUnique({ where: { id: subject.personId } });
    if (!person) throw new AppError("not-found", "This person is not known here. Reload the page.");
    await change(tx, person);
  });
}

async function refuseLastAdministrator(tx: Transaction, person: PersonFound): Promise<void> {
  if (person.role !== "administrator" || person.disabledAt) return;
  const others = await tx.person.count({
    where: { role: "administrator", disabledAt: null, id: { not: person.id } },
  });
  if (others > 0) return;
  throw new AppError("forbidden", "This is the last administrator. Make somebody else one first.");
}
