import "server-only";
import { createHash, randomBytes } from "node:crypto";
import type { NextApiRequest, NextApiResponse } from "next";
import { cookies, headers } from "next/headers";
import NextAuth from "next-auth/next";
import { configuration } from "#lib/env.ts";
import { AppError } from "#lib/errors.ts";
import { cookieNamed, sessionCookie } from "./cookie.ts";
import { authOptions, type Refusal } from "./next-auth.ts";
import { findActor } from "./require.ts";
import { sessionHours } from "./sessions.ts";
import { endSession } from "./sign-out.ts";

/** Signs in and gives the browser its cookie. Call it from an action: nothing else may set cookies. */
export async function beginBrowserSession(credentials: { email: string; password: string }): Promise<void> {
  const refusal: Refusal = { error: null };
  const token = await askNextAuth(["callback", "credentials"], credentials, refusal);
  if (refusal.error) throw refusal.error;
  if (!token) throw new AppError("unexpected", "Signing in did not work. Try again.");
  const { name, options } = sessionCookie();
  (await cookies()).set(name, token, { ...options, maxAge: sessionHours * 3600 });
}

/** Ends the session of this browser and takes its cookie. */
export async function endBrowserSession(): Promise<void> {
  const actor = await findActor();
  // Not by next-auth, which would take the cookie also where the row could not be ended.
  if (actor) await endSession(actor.sessionId);
  const { name, options } = sessionCookie();
  (await cookies()).set(name, "", { ...options, maxAge: 0 });
}

/** One request to next-auth from within; returns the session cookie it would have set. Next has checked the action's origin, so the CSRF token is ours to give. */
async function askNextAuth(path: string[], body: Record<string, string>, refusal: Refusal): Promise<string | null> {
  const csrf = csrfPair();
  const sent = new Map<string, string[]>();
  const response = {
    status: () => response,
    getHeader: (name: string) => sent.get(name),
    setHeader: (name: string, header: string | string[]) => {
      sent.set(name, [header].flat());
      return response;
    },
    json: () => response,
    send: () => response,
    end: () => response,
  };
  const jar = (await cookies()).getAll().map(({ name, value }) => [name, value]);
  const request = {
    method: "POST",
    query: { nextauth: path },
    body: { ...body, csrfToken: csrf.token, callbackUrl: "/" },
    cookies: { ...Object.fromEntries(jar), [cookieNamed("csrf").name]: csrf.cookie },
    headers: Object.fromEntries(await headers()),
  };
  await NextAuth(request as unknown as NextApiRequest, response as unknown as NextApiResponse, authOptions(refusal));
  const prefix = `${sessionCookie().name}=`;
  const header = sent.get("Set-Cookie")?.findLast((line) => line.startsWith(prefix));
  return header?.slice(prefix.length).split(";")[0] || null;
}

/** next-auth's own form of a CSRF cookie: the token, and the token hashed with the secret. */
function csrfPair(): { token: string; cookie: string } {
  const token = randomBytes(32).toString("hex");
  const hash = createHash("sha256").update(`${token}${configuration().sessionSecret}`).digest("hex");
  return { token, cookie: `${token}|${hash}` };
}
