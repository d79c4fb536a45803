import "server-only";
import type { Configuration } from "#lib/env.ts";

const loopbackNames = ["localhost", "127.0.0.1", "::1"];

/**
 * The host that the browser asked for, or null where Skep does not answer to it: a foreign name that points here
 * (DNS rebinding) must not reach a page. Ports do not count; the server's own names and loopback always do.
 */
export function allowedHost(
  host: string | null,
  configuration: Pick<Configuration, "allowedHosts" | "host">,
): string | null {
  const name = hostnameOf(host);
  if (!name) return null;
  const allowed = [...loopbackNames, configuration.host, ...configuration.allowedHosts];
  return allowed.some((entry) => (hostnameOf(entry) ?? entry.toLowerCase()) === name) ? name : null;
}

/**
 * Whether a request that may change something comes from a page of this very host. Browsers say so with every POST;
 * what says nothing is refused.
 */
export function isSameOrigin(
  headers: { get(name: string): string | null },
  host: string | null,
  transport: Configuration["transport"],
): boolean {
  const origin = URL.parse(headers.get("origin") ?? "");
  if (!origin || !host) return false;
  // If pages are served over TLS, an origin without it is no page of Skep.
  return origin.host === host.toLowerCase() && (transport === "plain" || origin.protocol === "https:");
}

/** A name or address without its port, in one spelling. */
function hostnameOf(host: string | null): string | null {
  if (!host || /[\s/@?#\\]/.test(host)) return null;
  const isBareIpv6 = host.split(":").length > 2 && !host.startsWith("[");
  const url = URL.parse(`http://${isBareIpv6 ? `[${host}]` : host}`);
  return url?.hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "") || null;
}
