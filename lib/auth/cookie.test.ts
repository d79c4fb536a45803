import { expect, test } from "vitest";
import { configuration } from "#lib/env.ts";
import { sessionCookie } from "./cookie.ts";
import { authOptions } from "./next-auth.ts";
import { configureFor } from "./sample.ts";

test.each([
  ["plain", "skep-3000.session", false],
  ["tls", "__Host-skep.session", true],
  ["behind-proxy", "__Host-skep.session", true],
] as const)("over %s the cookie is %s, and scripts never see it", (transport, name, secure) => {
  configureFor("postgresql://nowhere/skep");
  configuration().transport = transport;
  const options = { httpOnly: true, sameSite: "lax", path: "/", secure };
  expect(sessionCookie()).toEqual({ name, options });
  expect(authOptions().cookies?.sessionToken).toEqual({ name, options });
});

test("what the cookie carries is the token alone, nothing that next-auth would tell about a person", async () => {
  configureFor("postgresql://nowhere/skep");
  const { encode } = authOptions().jwt ?? {};
  const token = { sub: "person-1", name: "Ada", email: "ada@example.org", sessionToken: "opaque" };
  expect(await encode?.({ token, secret: "", maxAge: 1 })).toBe("opaque");
});
