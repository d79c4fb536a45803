import "server-only";
import type { Actor } from "#lib/policy/schema.ts";
import type { EventActor } from "./schema.ts";

/** Who acts, as the history keeps it: the name as it is now, the session, where from. */
export function eventActor(actor: Actor | EventActor): EventActor {
  if (actor.type !== "person") return actor;
  const { personId, name, sessionId, address, userAgent } = actor;
  return { type: "person", personId, name, sessionId, address, userAgent };
}
