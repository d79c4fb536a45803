import "server-only";
import type { Configuration } from "#lib/env.ts";

type Page = { nonce: string; isDev: boolean; transport: Configuration["transport"]; hostname: string };

/** Only what Skep serves itself, scripts only with the nonce of this answer, framed by nobody. */
export function contentSecurityPolicy({ nonce, isDev, transport }: Omit<Page, "hostname">): string {
  const directives = [
    "default-src 'none'",
    // React rebuilds stacks with eval in development, and only there.
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${isDev ? " 'unsafe-eval'" : ""}`,
    // Next's development server puts style elements in by script, without the nonce.
    isDev ? "style-src 'self' 'unsafe-inline'" : `style-src 'self' 'nonce-${nonce}'`,
    // Rows of long lists and bars are placed by style attributes, which no nonce can cover.
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    `connect-src 'self'${isDev ? " ws: wss:" : ""}`,
    "form-action 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "object-src 'none'",
    "frame-ancestors 'none'",
  ];
  if (transport === "tls") directives.push("upgrade-insecure-requests");
  return directives.join("; ");
}

/** The headers of every answer. Pages and answers are kept by no cache; built files carry their hash in their name. */
export function securityHeaders({ isStatic, ...page }: Page & { isStatic: boolean }): Record<string, string> {
  return {
    "Content-Security-Policy": contentSecurityPolicy(page),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    // Not no-referrer: browsers then send "Origin: null" with a form, and its origin could not be checked.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
    ...(isStatic ? {} : { "Cache-Control": "no-store" }),
    ...(isStrict(page) ? { "Strict-Transport-Security": "max-age=31536000" } : {}),
  };
}

/** Not for names of this machine: every other service on it would have to speak TLS from then on. */
function isStrict({ transport, hostname }: Pick<Page, "transport" | "hostname">): boolean {
  return transport !== "plain" && hostname !== "localhost";
}
