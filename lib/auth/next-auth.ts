import "server-only";
import type { AuthOptions } from "next-auth";
import { configuration } from "#lib/env.ts";
import { isAppError } from "#lib/errors.ts";
import { logOf } from "#lib/log.ts";
import { originOf } from "./address.ts";
import { cookieNamed } from "./cookie.ts";
import { safeReturnPath } from "./return-path.ts";
import { signInInput } from "./schema.ts";
import { findSession, sessionHours } from "./sessions.ts";
import { signIn } from "./sign-in.ts";
import { endSession } from "./sign-out.ts";

/** How a request was refused, kept beside next-auth, which would turn the sentence into a part of a URL. */
export type Refusal = { error: unknown };

/**
 * next-auth with its token turned into a name: `encode` gives the cookie the opaque id that sign-in made, `decode`
 * asks the row. What the cookie says of itself counts for nothing.
 */
export function authOptions(refusal: Refusal = { error: null }): AuthOptions {
  return {
    secret: configuration().sessionSecret,
    session: { strategy: "jwt", maxAge: sessionHours * 3600 },
    useSecureCookies: configuration().transport !== "plain",
    cookies: {
      sessionToken: cookieNamed("session"),
      csrfToken: cookieNamed("csrf"),
      callbackUrl: cookieNamed("return"),
    },
    pages: { signIn: "/sign-in", signOut: "/sign-in", error: "/sign-in" },
    providers: [credentialsProvider(refusal)],
    jwt: {
      encode: async ({ token }) => String(token?.sessionToken ?? ""),
      async decode({ token }) {
        const session = token ? await findSession(token) : null;
        if (!session || !token) return null;
        const { id, name, email } = session.person;
        return { sub: id, name, email, sessionId: session.sessionId, sessionToken: token };
      },
    },
    callbacks: {
      jwt: ({ token, user }) =>
        user && "sessionToken" in user ? { ...token, sessionToken: user.sessionToken } : token,
      redirect: ({ url }) => safeReturnPath(url),
    },
    events: { signOut: ({ token }) => endSession(String(token?.sessionId ?? "")) },
    // Its messages may carry what was entered; the code says enough.
    logger: {
      error: (code) => log.warn("next-auth.refused", { code }),
      warn: (code) => log.debug("next-auth.warned", { code }),
      debug: () => undefined,
    },
  };
}

const log = logOf("auth");

function credentialsProvider(refusal: Refusal): AuthOptions["providers"][number] {
  const authorize: CredentialsAuthorize = async (credentials, request) => {
    const parsed = signInInput.safeParse(credentials);
    if (!parsed.success) return null;
    const received = new Headers((request.headers ?? {}) as Record<string, string>);
    try {
      const { person, token } = await signIn(parsed.data, originOf(received, configuration().trustedProxies));
      return { ...person, sessionToken: token };
    } catch (error) {
      refusal.error = error;
      if (!isAppError(error)) log.error("sign-in.failed", error);
      return null;
    }
  };
  const fields = { email: { type: "email" }, password: { type: "password" } };
  return { id: "credentials", name: "Password", type: "credentials", credentials: fields, authorize };
}

type CredentialsAuthorize = (
  credentials: Record<string, string> | undefined,
  request: { headers?: object },
) => Promise<{ id: string; name: string; email: string; sessionToken: string } | null>;
