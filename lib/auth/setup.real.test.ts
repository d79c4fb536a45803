import { beforeEach, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "#lib/db/test-database.ts";
import { configuration } from "#lib/env.ts";
import { configureFor, sampleClock, samplePerson } from "./sample.ts";
import { createSetupLink, ensureUnattendedAdministrator, isSetupLinkAlive, setUp } from "./setup.ts";
import { signIn } from "./sign-in.ts";

let db: TestDatabase;
const origin = { address: "192.0.2.7", userAgent: "a browser" };
const ada = { name: "Ada", email: "ada@example.org", password: "a long enough sentence" };

beforeEach(async () => {
  db = await testDatabase();
  configureFor(db.url);
});

async function newLink(clock = sampleClock()): Promise<string> {
  const token = await createSetupLink(clock);
  if (!token) throw new Error("no link was made");
  return token;
}

test("a set-up link makes one administrator, who can sign in, and is then dead with all others", async () => {
  const clock = sampleClock();
  const [first, second] = [await newLink(clock), await newLink(clock)];
  expect(await isSetupLinkAlive(first, clock)).toBe(true);
  await setUp({ ...ada, token: first }, origin, clock);
  expect((await signIn(ada, origin)).person.name).toBe("Ada");
  for (const token of [first, second]) {
    expect(await isSetupLinkAlive(token, clock)).toBe(false);
    await expect(setUp({ ...ada, email: "eve@example.org", token }, origin, clock)).rejects.toMatchObject({
      code: "not-found",
    });
  }
  expect(await createSetupLink(clock)).toBeNull();
  expect(await db.database.person.count()).toBe(1);
  const types = (await db.database.auditEvent.findMany({ orderBy: { sequence: "asc" } })).map(({ type }) => type);
  expect(types).toEqual(["person.set-up", "session.signed-in"]);
});

test("a set-up link is dead after an hour", async () => {
  const clock = sampleClock();
  const token = await newLink(clock);
  clock.forward(59);
  expect(await isSetupLinkAlive(token, clock)).toBe(true);
  clock.forward(1);
  expect(await isSetupLinkAlive(token, clock)).toBe(false);
  await expect(setUp({ ...ada, token }, origin, clock)).rejects.toMatchObject({ code: "not-found" });
});

test("of two people who use links at once, one becomes the administrator", async () => {
  const clock = sampleClock();
  const [first, second] = [await newLink(clock), await newLink(clock)];
  const ends = await Promise.allSettled([
    setUp({ ...ada, token: first }, origin, clock),
    setUp({ ...ada, email: "eve@example.org", token: second }, origin, clock),
  ]);
  expect(ends.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  expect(await db.database.person.count()).toBe(1);
});

test("a made-up token is no link", async () => {
  await newLink();
  expect(await isSetupLinkAlive("x".repeat(43))).toBe(false);
  expect(await isSetupLinkAlive("")).toBe(false);
});

test("the settings make the first administrator once, and never touch her again", async () => {
  Object.assign(configuration(), { adminEmail: "Root@Example.org", adminPassword: "from the settings, long" });
  await ensureUnattendedAdministrator();
  expect((await signIn({ email: "root@example.org", password: "from the settings, long" }, origin)).person.name).toBe(
    "root",
  );
  configuration().adminPassword = "another password, as long";
  await ensureUnattendedAdministrator();
  await expect(signIn({ email: "root@example.org", password: "another password, as long" }, origin)).rejects.toThrow();
  expect(await db.database.person.count()).toBe(1);
});

test("the settings make no second administrator beside one who is there", async () => {
  await samplePerson(db.database, { role: "administrator" });
  Object.assign(configuration(), { adminEmail: "root@example.org", adminPassword: "from the settings, long" });
  await ensureUnattendedAdministrator();
  expect(await db.database.person.count()).toBe(1);
});
