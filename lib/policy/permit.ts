import "server-only";
import { isAllowed } from "./rules.ts";
import type { Action, Actor, SubjectOf } from "./schema.ts";

declare const issued: unique symbol;

/** Proof that somebody may do this to this subject. Every mutation asks for one, so an unchecked call does not compile. */
export type Permit<A extends Action> = A extends Action
  ? { readonly actor: Actor; readonly action: A; readonly subject: SubjectOf<A>; readonly [issued]: true }
  : never;

/** Issues a permit when the rules allow it, else null. `auth.requirePermit` is the way for requests: it writes the denied event. */
export function decide<A extends Action>(actor: Actor, action: A, subject: SubjectOf<A>): Permit<A> | null {
  if (!isAllowed(actor, action, subject)) return null;
  return { actor, action, subject } as Permit<A>;
}
