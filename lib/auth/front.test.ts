import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { countedAddress, dropForeignForwarding, originOf } from "./address.ts";
import { contentSecurityPolicy, securityHeaders } from "./headers.ts";
import { allowedHost, isSameOrigin } from "./hosts.ts";
import { safeReturnPath, signInPath } from "./return-path.ts";

describe("the way back after signing in", () => {
  test.each([
    ["/secrets?q=db#top", "/secrets?q=db#top"],
    ["/secrets?_rsc=abc&sort=name", "/secrets?sort=name"],
    ["https://evil.example/", "/"],
    ["//evil.example/", "/"],
    ["/\\evil.example/", "/"],
    ["/\t/evil.example", "/"],
    ["/.//evil.example", "/"],
    ["/sign-in?returnTo=/secrets", "/"],
    ["/api/auth/signout", "/"],
    ["javascript:alert(1)", "/"],
    ["", "/"],
    [null, "/"],
    [["/secrets"], "/"],
  ])("%j leads to %j", (given, path) => {
    expect(safeReturnPath(given)).toBe(path);
  });

  test("the front page needs no way back", () => {
    expect(signInPath("/")).toBe("/sign-in");
    expect(signInPath("/secrets/x?a=1")).toBe("/sign-in?returnTo=%2Fsecrets%2Fx%3Fa%3D1");
  });
});

describe("the address of a request", () => {
  const from = (peer: string, forwarded?: string) =>
    originOf(new Headers({ "x-skep-peer": peer, ...(forwarded ? { "x-forwarded-for": forwarded } : {}) }), [
      "10.0.0.0/8",
      "2001:db8::1",
      "not an address",
    ]).address;

  test.each([
    ["a stranger's claim is not believed", "192.0.2.7", "203.0.113.9", "192.0.2.7"],
    ["a trusted proxy's word is", "10.0.0.5", "203.0.113.9", "203.0.113.9"],
    [
      "only its own entry is: what stands further left was sent to it",
      "10.0.0.5",
      "1.1.1.1, 203.0.113.9",
      "203.0.113.9",
    ],
    ["two trusted proxies are walked through", "10.0.0.5", "203.0.113.9, 10.1.1.1", "203.0.113.9"],
    ["nonsense ends the walk", "10.0.0.5", "203.0.113.9, nonsense", "10.0.0.5"],
    ["a port is left off", "10.0.0.5", "203.0.113.9:4711", "203.0.113.9"],
    ["IPv4 in IPv6 is IPv4", "::ffff:10.0.0.5", "203.0.113.9", "203.0.113.9"],
    ["IPv6 proxies are known too", "2001:db8::1", "[2001:db8::7]:443", "2001:db8::7"],
    ["without a socket's address there is none", "", "203.0.113.9", null],
  ])("%s", (_promise, peer, forwarded, address) => {
    expect(from(peer, forwarded)).toBe(address);
  });

  test("forwarding headers of anybody but a trusted proxy are gone before Next reads them", () => {
    const headers = () => ({
      host: "skep",
      "x-forwarded-host": "evil",
      "x-forwarded-for": "1.1.1.1",
      forwarded: "for=x",
      "x-real-ip": "y",
    });
    const foreign = headers();
    dropForeignForwarding(foreign, "192.0.2.7", ["10.0.0.5"]);
    expect(foreign).toEqual({ host: "skep" });
    const trusted = headers();
    dropForeignForwarding(trusted, "::ffff:10.0.0.5", ["10.0.0.5"]);
    expect(trusted).toEqual(headers());
  });

  test.each([
    ["192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:DB8:1::6", "2001:db8:1:0::/64"],
    ["::1", "0:0:0:0::/64"],
    [null, "unknown"],
  ])("failures of %s are counted under %s", (address, counted) => {
    expect(countedAddress(address)).toBe(counted);
  });
});

describe("the names that Skep answers to", () => {
  const settings = { allowedHosts: ["skep.example.org", "Other.Example.org:8443"], host: "10.1.2.3" };
  test.each([
    ["localhost:3000", "localhost"],
    ["127.0.0.1", "127.0.0.1"],
    ["[::1]:3000", "::1"],
    ["10.1.2.3:3000", "10.1.2.3"],
    ["SKEP.example.org", "skep.example.org"],
    ["skep.example.org.", "skep.example.org"],
    ["other.example.org", "other.example.org"],
    ["skep.example.org.evil.example", null],
    ["evil.example", null],
    ["localhost@evil.example", null],
    ["evil.example/localhost", null],
    ["", null],
    [null, null],
  ])("%j is %j", (host, name) => {
    expect(allowedHost(host, settings)).toBe(name);
  });

  test.each([
    ["http://localhost:3000", true],
    ["https://LOCALHOST:3000", true],
    ["http://localhost:4000", false],
    ["https://evil.example", false],
    ["null", false],
    ["", false],
  ])("a change asked for by %j is let through: %j", (origin, isSame) => {
    expect(isSameOrigin(new Headers(origin ? { origin } : {}), "localhost:3000", "plain")).toBe(isSame);
  });

  test.each([
    ["tls", "https://skep.example.org", true],
    ["tls", "http://skep.example.org", false],
    ["behind-proxy", "https://skep.example.org", true],
    ["behind-proxy", "http://skep.example.org", false],
  ] as const)("over %s, a change asked for by %s is let through: %s", (transport, origin, isSame) => {
    expect(isSameOrigin(new Headers({ origin }), "skep.example.org", transport)).toBe(isSame);
  });
});

describe("headers", () => {
  const page = { nonce: "bm9uY2U=", isDev: false, transport: "tls", hostname: "skep.example.org" } as const;

  test("no script runs without the nonce, and nobody frames a page", () => {
    const policy = contentSecurityPolicy(page);
    expect(policy).toContain("script-src 'self' 'nonce-bm9uY2U=' 'strict-dynamic';");
    expect(policy).toContain("style-src 'self' 'nonce-bm9uY2U=';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/script-src[^;]*unsafe/);
  });

  test("pages are kept nowhere; built files may be", () => {
    expect(securityHeaders({ ...page, isStatic: false })).toHaveProperty("Cache-Control", "no-store");
    expect(securityHeaders({ ...page, isStatic: true })).not.toHaveProperty("Cache-Control");
  });

  test.each([
    ["tls", "skep.example.org", true],
    ["behind-proxy", "skep.example.org", true],
    ["tls", "localhost", false],
    ["plain", "127.0.0.1", false],
  ] as const)("over %s at %s, TLS is asked for from then on: %s", (transport, hostname, isStrict) => {
    const headers = securityHeaders({ ...page, transport, hostname, isStatic: false });
    expect("Strict-Transport-Security" in headers).toBe(isStrict);
  });
});

test("the front door knows hosts and headers, and nothing of people or rights", () => {
  const door = readFileSync(new URL("../../proxy.ts", import.meta.url), "utf8");
  const imports = [...door.matchAll(/from "(#lib\/[^"]+)"/g)].map(([, path]) => path);
  expect(imports.sort()).toEqual([
    "#lib/auth/headers.ts",
    "#lib/auth/hosts.ts",
    "#lib/env.ts",
    "#lib/sources/schema.ts",
  ]);
});
