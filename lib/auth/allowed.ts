import "server-only";
import { ruleFor } from "#lib/policy/rules.ts";
import type { Action, Actor, SubjectOf } from "#lib/policy/schema.ts";

/** Whether a page should offer something. The request is asked again, by `requirePermit`. */
export function isAllowed<A extends Action>(actor: Actor, action: A, subject: SubjectOf<A>): boolean {
  return ruleFor(action)(actor, subject);
}
