import { beforeEach, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "#lib/db/test-database.ts";
import type { Person } from "#lib/policy/schema.ts";
import { findPasswordLink, setPasswordByLink } from "./password-change.ts";
import { resetCommand, resetUsage } from "./reset-command.ts";
import { configureFor, sampleClock, samplePassword, samplePerson } from "./sample.ts";
import { findSession } from "./sessions.ts";
import { signIn } from "./sign-in.ts";

let db: TestDatabase;
let ada: Person;
const origin = { address: "192.0.2.7", userAgent: "a browser" };

beforeEach(async () => {
  db = await testDatabase();
  configureFor(db.url);
  ada = await samplePerson(db.database, { role: "administrator", name: "Ada", email: "ada@example.org" });
});

async function reset(...commandLine: string[]): Promise<{ text: string; token: string }> {
  const lines: string[] = [];
  await resetCommand(commandLine, { write: (line) => lines.push(line), clock: sampleClock() });
  const text = lines.join("\n");
  return { text, token: /\/password\/([\w-]+)$/.exec(text)?.[1] ?? "" };
}

test("the only administrator, who forgot her password, sets a new one by the link, once", async () => {
  const clock = sampleClock();
  const session = await signIn({ email: ada.email, password: samplePassword }, origin);
  const { text, token } = await reset("Ada@Example.org");
  expect(text).toContain("http://127.0.0.1:3000/password/");
  expect(await findSession(session.token)).not.toBeNull();
  await setPasswordByLink({ token, password: "another long sentence" }, origin, clock);
  expect(await findSession(session.token)).toBeNull();
  await signIn({ email: ada.email, password: "another long sentence" }, origin);
  await expect(setPasswordByLink({ token, password: "a third sentence" }, origin, clock)).rejects.toThrow("no longer");
});

test("the link is dead after an hour, and when a newer one was made", async () => {
  const clock = sampleClock();
  const first = await reset(ada.email);
  const second = await reset(ada.email);
  expect(await findPasswordLink(first.token, clock)).toBeNull();
  clock.forward(59);
  expect(await findPasswordLink(second.token, clock)).toEqual({ email: ada.email });
  clock.forward(1);
  expect(await findPasswordLink(second.token, clock)).toBeNull();
});

test("it is written into the history, without the link", async () => {
  const { token } = await reset(ada.email, "--at", "https://skep.example.org/somewhere");
  const events = await db.database.auditEvent.findMany();
  expect(events).toMatchObject([{ type: "person.reset-at-terminal", actorName: "Skep" }]);
  expect(events.map(({ body }) => Buffer.from(body).toString("utf8")).join()).not.toContain(token);
});

test("nobody but an administrator who is not disabled gets one, and the answer says who could", async () => {
  const eve = await samplePerson(db.database, { name: "Eve", role: "operator" });
  await expect(reset(eve.email)).rejects.toThrow("Give one of: ada@example.org.");
  await db.database.person.updateMany({ data: { disabledAt: new Date() } });
  await expect(reset(ada.email)).rejects.toMatchObject({ code: "not-found" });
  expect(await db.database.invitation.count()).toBe(0);
  expect(await db.database.auditEvent.count()).toBe(0);
});

test("what cannot be read is answered with what the command is", async () => {
  for (const commandLine of [
    [],
    ["a@b.org", "c@d.org"],
    ["a@b.org", "--at", "skep"],
    ["a@b.org", "--role", "viewer"],
  ]) {
    await expect(reset(...commandLine)).rejects.toThrow(resetUsage);
  }
});
