import { randomBytes } from "node:crypto";
import { type NextRequest, NextResponse } from "next/server";
import { contentSecurityPolicy, securityHeaders } from "#lib/auth/headers.ts";
import { allowedHost, isSameOrigin } from "#lib/auth/hosts.ts";
import { configuration } from "#lib/env.ts";
import { isWebhookPath } from "#lib/sources/schema.ts";

const isDev = process.env.NODE_ENV !== "production";

/** The front door: names, origins and headers. Who may do what is decided in lib, which holds without it. */
export function proxy(request: NextRequest): NextResponse {
  const settings = configuration();
  const { transport } = settings;
  const { pathname, search } = request.nextUrl;
  const host = request.headers.get("x-forwarded-host")?.split(",")[0]?.trim() || request.headers.get("host");
  const hostname = allowedHost(host, settings);
  const nonce = randomBytes(16).toString("base64");
  const headers = securityHeaders({
    nonce,
    isDev,
    transport,
    hostname: hostname ?? "",
    isStatic: pathname.startsWith("/_next/static/"),
  });

  // Health checks come by IP address, which need not be an allowed name. They are told whether Skep is well, and nothing else.
  if (!hostname && pathname !== "/api/health") {
    return refuse(421, "Skep does not answer to this name. Add it to SKEP_ALLOWED_HOSTS.", headers);
  }
  const isReading = request.method === "GET" || request.method === "HEAD";
  // A source's webhook comes from no page. It is believed by its signature, and a session counts nothing there.
  const isWebhook = request.method === "POST" && isWebhookPath(pathname);
  if (!isReading && !isWebhook && !isSameOrigin(request.headers, host, transport)) {
    return refuse(403, "This request did not come from a page of Skep. Reload the page and try again.", headers);
  }

  const forwarded = new Headers(request.headers);
  forwarded.set("x-skep-path", `${pathname}${search}`);
  forwarded.set("x-nonce", nonce);
  forwarded.set("content-security-policy", contentSecurityPolicy({ nonce, isDev, transport }));
  return NextResponse.next({ request: { headers: forwarded }, headers });
}

function refuse(status: number, sentence: string, headers: Record<string, string>): NextResponse {
  return new NextResponse(`${sentence}\n`, {
    status,
    headers: { ...headers, "Content-Type": "text/plain; charset=utf-8" },
  });
}
