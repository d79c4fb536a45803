import { decide, type Permit } from "#lib/policy/permit.ts";
import type { Person } from "#lib/policy/schema.ts";
import { changeRole, disablePerson } from "./people.ts";
import { revokeSession } from "./revoke-session.ts";

/** An unchecked change does not compile. Only the compiler reads this file: a line below that does compile is an error of its own. */
export async function unchecked(actor: Person, personId: string): Promise<void> {
  // @ts-expect-error A person is no permit.
  await disablePerson(actor);
  // @ts-expect-error What looks like one is none: it was not issued.
  await disablePerson({ actor, action: "person.change", subject: { personId } });
  // @ts-expect-error A permit for something else is none for this.
  await disablePerson(decide(actor, "person.read", {}) as Permit<"person.read">);
  // @ts-expect-error A refusal is null, and has to be looked at.
  await changeRole(decide(actor, "person.change", { personId }), "administrator");
  const own = decide(actor, "session.revoke", { sessionId: "x", personId }) as Permit<"session.revoke">;
  // @ts-expect-error The subject comes with the permit; another one cannot be named beside it.
  await revokeSession(own, personId);
}
