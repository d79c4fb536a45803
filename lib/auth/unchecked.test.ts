import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { decide, type Permit } from "#lib/policy/permit.ts";
import type { Person } from "#lib/policy/schema.ts";
import { changeRole, disablePerson } from "./people.ts";
import { revokeSession } from "./revoke-session.ts";

test("an unchecked change does not compile", () => {
  // Held by the compiler, never called: a line that compiles after all is an error of its own.
  async function unchecked(actor: Person, personId: string): Promise<void> {
    // @ts-expect-error A person is no permit.
    await disablePerson(actor);
    // @ts-expect-error What looks like one is none: it was not issued.
    await disablePerson({ actor, action: "person.change", subject: { personId } });
    // @ts-expect-error A permit for something else is none for this.
    await disablePerson(decide(actor, "person.read", {}) as Permit<"person.read">);
    // @ts-expect-error A refusal is null, and has to be looked at.
    await changeRole(decide(actor, "person.change", { personId }), "administrator");
    const own = decide(actor, "session.revoke", { sessionId: "x", personId }) as Permit<"session.revoke">;
    // @ts-expect-error The subject comes with the permit; another one cannot be named beside it.
    await revokeSession(own, personId);
  }
  expect(unchecked).toBeTypeOf("function");
});

test("the front door decides no rights: it can be taken away and every check still holds", () => {
  const imports = [...readFileSync("proxy.ts", "utf8").matchAll(/from "(#lib\/[^"]+)"/g)].map(([, path]) => path);
  expect(imports.sort()).toEqual(["#lib/auth/headers.ts", "#lib/auth/hosts.ts", "#lib/env.ts"]);
});

test("who somebody is depends on the cookie and the row, on no header that the front door sets", () => {
  const text = readFileSync("lib/auth/require.ts", "utf8");
  const body = text.slice(
    text.indexOf("export async function findActor"),
    text.indexOf("export async function requireActor"),
  );
  expect(body).toContain("findSession(token)");
  expect(body).not.toMatch(/pathHeader|x-skep|x-nonce/);
});
