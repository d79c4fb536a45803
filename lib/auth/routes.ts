import "server-only";
import { type NextRequest, NextResponse } from "next/server";
import NextAuth from "next-auth/next";
import { isAppError } from "#lib/errors.ts";
import { authOptions, type Refusal } from "./next-auth.ts";
import { findActor } from "./require.ts";
import { markActive } from "./sessions.ts";

type Context = { params: Promise<{ nextauth: string[] }> };

/** What of next-auth is served. Its list of providers, its pages and its log for strangers are not. */
const served = ["GET csrf", "GET session", "POST callback/credentials", "POST signout"];

/** next-auth's own endpoints. Of its redirects only the path is kept: the origin in them is a guess. */
export async function answerNextAuth(request: NextRequest, context: Context): Promise<Response> {
  const { nextauth } = await context.params;
  if (!served.includes(`${request.method} ${nextauth.join("/")}`)) return new Response(null, { status: 404 });
  const refusal: Refusal = { error: null };
  const response: Response = await NextAuth(request, { params: { nextauth } }, authOptions(refusal));
  if (refusal.error) return refused(refusal.error);
  const location = response.headers.get("location");
  const path = location && URL.parse(location, "http://skep.invalid");
  if (path) response.headers.set("location", `${path.pathname}${path.search}`);
  return response;
}

/**
 * A page says that the person pressed a key or moved the pointer. Only this and navigations of hers keep a session
 * from becoming idle; what pages fetch on their own does not. The answer is the same to everybody.
 */
export async function answerActivity(): Promise<Response> {
  const actor = await findActor();
  if (actor) await markActive(actor.sessionId);
  return new Response(null, { status: 204 });
}

function refused(error: unknown): Response {
  const isKnown = isAppError(error);
  const status = isAppError(error, "throttled") ? 429 : isKnown ? 401 : 500;
  return NextResponse.json({ error: isKnown ? error.publicMessage : "Signing in did not work." }, { status });
}
