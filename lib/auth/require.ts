import "server-only";
import { AsyncLocalStorage } from "node:async_hooks";
import { cookies, headers } from "next/headers";
import { redirect } from "next/navigation";
import { oncePerProcess } from "#lib/clock.ts";
import { configuration } from "#lib/env.ts";
import { AppError } from "#lib/errors.ts";
import type { Permit } from "#lib/policy/permit.ts";
import type { Action, Person, SubjectOf } from "#lib/policy/schema.ts";
import { originOf, type RequestOrigin } from "./address.ts";
import { sessionCookie } from "./cookie.ts";
import { oncePerRequest } from "./once-per-request.ts";
import { forbidden, permitFor } from "./permits.ts";
import { safeReturnPath, signInPath } from "./return-path.ts";
import { findSession, markActive } from "./sessions.ts";

/** Set by proxy.ts: where the person is, for the way back after signing in. Nothing else may depend on it. */
export const pathHeader = "x-skep-path";

/**
 * Who asks, or null. The row of the session is read for every request, so a revoked one is dead at the next; the parts of
 * one page share the answer.
 */
export const findActor = oncePerRequest(async (): Promise<Person | null> => {
  const received = await headers();
  const decided = actorsOfPages().get(received);
  if (decided) return decided;
  const token = (await cookies()).get(sessionCookie().name)?.value;
  const session = token ? await findSession(token) : null;
  if (!session) return null;
  if (isPersonsOwnNavigation(received)) await markActive(session.sessionId);
  const { id: personId, ...person } = session.person;
  return { type: "person", personId, ...person, sessionId: session.sessionId, ...requestOriginIn(received) };
});

/** For answers that go on after the request: asks the row again each time. Null where nobody is signed in. */
export async function findLiveSession(): Promise<{ isAlive(): Promise<boolean> } | null> {
  const token = (await cookies()).get(sessionCookie().name)?.value;
  if (!token || !(await findSession(token))) return null;
  return { isAlive: async () => (await findSession(token)) !== null };
}

/** Who asks. Where nobody is signed in, a page leads to the sign-in, and an action fails with an error that keeps the form. */
export async function requireActor(): Promise<Person> {
  const actor = await findActor();
  if (actor) return actor;
  if (actionScope().getStore()) {
    const sentence = "You are no longer signed in. Sign in again in another tab, then send this form again.";
    throw new AppError("not-signed-in", sentence);
  }
  redirect(signInPath(safeReturnPath((await headers()).get(pathHeader))));
}

/**
 * Who asks, for an action whose answer brings a page along. That page is made for her as well, without a second look at
 * her session: it may end between the two, and the page would come as a redirect to the sign-in, in place of the one that
 * she works on. It is one request, and a session that has ended is dead at the next.
 */
export async function requireActorForPage(): Promise<Person> {
  const actor = await requireActor();
  actorsOfPages().set(await headers(), actor);
  return actor;
}

/** The permit, or a refusal that the history tells. */
export async function requirePermit<A extends Action>(action: A, subject: SubjectOf<A>): Promise<Permit<A>> {
  const actor = await requireActor();
  const permit = await permitFor(actor, action, subject);
  if (!permit) throw forbidden(actor);
  return permit;
}

/** The permit or null, for a page that then says in words what it does not show. The history tells of it too. */
export async function findPermit<A extends Action>(action: A, subject: SubjectOf<A>): Promise<Permit<A> | null> {
  return permitFor(await requireActor(), action, subject);
}

/** Where the present request came from. */
export async function requestOrigin(): Promise<RequestOrigin> {
  return requestOriginIn(await headers());
}

/** Runs what a form sent. Inside, nobody is led away from her form by a redirect to the sign-in. */
export function insideAction<T>(work: () => Promise<T>): Promise<T> {
  return actionScope().run(true, work);
}

/** Browsers set this only where a person asked for the page: by a link, the address bar or a form, not by a script or a timer. */
function isPersonsOwnNavigation(received: { get(name: string): string | null }): boolean {
  return received.get("sec-fetch-user") === "?1";
}

function requestOriginIn(received: { get(name: string): string | null }): RequestOrigin {
  return originOf(received, configuration().trustedProxies);
}

function actionScope(): AsyncLocalStorage<true> {
  return oncePerProcess("action-scope", () => new AsyncLocalStorage<true>());
}

/** By the headers of the request, which are the same object for an action and for the page of its answer. */
function actorsOfPages(): WeakMap<object, Person> {
  return oncePerProcess("actors-of-pages", () => new WeakMap());
}
