import "server-only";
import { configuration } from "#lib/env.ts";

type SessionCookie = {
  name: string;
  options: { httpOnly: true; sameSite: "lax"; path: "/"; secure: boolean };
};

/**
 * `__Host-` over TLS: only this host can set it, for all of it. Without TLS (loopback only) browsers refuse that name;
 * the port is in the name there, because cookies of one machine are shared by its ports. Lax and not Strict, so that
 * a link from a message opens the page; changes are POSTs, which Lax holds back from other sites.
 */
export function sessionCookie(): SessionCookie {
  return cookieNamed("session");
}

/** next-auth's own, for its routes. */
export function cookieNamed(name: "session" | "csrf" | "return"): SessionCookie {
  const { transport, port } = configuration();
  const secure = transport !== "plain";
  return {
    name: secure ? `__Host-skep.${name}` : `skep-${port}.${name}`,
    options: { httpOnly: true, sameSite: "lax", path: "/", secure },
  };
}
