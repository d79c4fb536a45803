import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "#lib/db/test-database.ts";
import { transaction } from "#lib/db/transaction.ts";
import { configureFor, sampleClock, samplePassword, samplePerson } from "./sample.ts";
import { endSessionsOf, findSession, markActive } from "./sessions.ts";
import { signIn } from "./sign-in.ts";
import { endSession } from "./sign-out.ts";
import { beginAttempt } from "./throttle.ts";

let db: TestDatabase;
let clock = sampleClock();
const origin = { address: "192.0.2.7", userAgent: "a browser" };

beforeAll(async () => {
  db = await testDatabase();
  configureFor(db.url);
});

beforeEach(async () => {
  clock = sampleClock();
  await db.database.signInFailure.deleteMany();
});

async function events(): Promise<{ type: string; body: { detail: Record<string, unknown> } }[]> {
  const rows = await db.database.auditEvent.findMany({ orderBy: { sequence: "asc" } });
  return rows.map(({ type, body }) => ({ type, body: JSON.parse(Buffer.from(body).toString("utf8")) }));
}

async function enter(email: string, password = samplePassword, address = "192.0.2.7") {
  return signIn({ email, password }, { ...origin, address }, { clock });
}

describe("sign-in", () => {
  test("the cookie's token is not in the database, and only the token finds the session", async () => {
    const person = await samplePerson(db.database);
    const { token, sessionId } = await enter(person.email);
    const rows = JSON.stringify(await db.asOwner('SELECT encode("tokenHash", \'escape\') AS hash, * FROM "Session"'));
    expect(rows).not.toContain(token);
    expect(await findSession(token, clock)).toMatchObject({ sessionId, person: { id: person.personId } });
    expect(await findSession(sessionId, clock)).toBeNull();
    expect(await findSession(`${token.slice(0, -1)}_`, clock)).toBeNull();
  });

  test("unknown, wrong and disabled are refused alike, after exactly one comparison at full strength each", async () => {
    const person = await samplePerson(db.database);
    const disabled = await samplePerson(db.database);
    await db.database.person.update({ where: { id: disabled.personId }, data: { disabledAt: new Date() } });
    const answers: string[] = [];
    for (const email of ["nobody@example.org", person.email, disabled.email]) {
      const compared: string[] = [];
      const verify = async (_password: string, hash: string) => {
        compared.push(hash.split("$").slice(0, 4).join("$"));
        return email === disabled.email;
      };
      const refused = await signIn({ email, password: "wrong wrong wrong" }, origin, { clock, verify }).catch(
        (error) => error,
      );
      answers.push(`${refused.code} ${refused.publicMessage} ${compared.join()}`);
    }
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toContain("not-signed-in");
    expect(answers[0]).toContain("$argon2id$v=19$m=32768,t=3,p=1");
    const because = (await events()).slice(-3).map(({ body }) => body.detail.because);
    expect(because).toEqual(["wrong", "wrong", "disabled"]);
  });

  test("the e-mail is found in any case", async () => {
    const person = await samplePerson(db.database, { email: "grace@example.org" });
    expect((await enter(" Grace@Example.ORG ")).person.id).toBe(person.personId);
  });

  test("a hash of an older strength is made anew at the next sign-in", async () => {
    const person = await samplePerson(db.database);
    const old = "$argon2id$v=19$m=16,t=2,p=1$c29tZXNhbHRzb21l$";
    await db.database.person.update({ where: { id: person.personId }, data: { passwordHash: `${old}AAAA` } });
    await signIn({ email: person.email, password: samplePassword }, origin, { clock, verify: async () => true });
    const row = await db.database.person.findUniqueOrThrow({ where: { id: person.personId } });
    expect(row.passwordHash).toMatch(/^\$argon2id\$v=19\$m=32768,t=3,p=1\$/);
    expect((await enter(person.email)).person.id).toBe(person.personId);
  });
});

describe("throttle", () => {
  test("after ten failures an account is refused, the right password too, and the history tells it once", async () => {
    const person = await samplePerson(db.database);
    for (let attempt = 0; attempt < 10; attempt++) {
      await expect(enter(person.email, "wrong wrong wrong", `192.0.2.${attempt}`)).rejects.toMatchObject({
        code: "not-signed-in",
      });
    }
    const before = (await events()).length;
    await expect(enter(person.email)).rejects.toMatchObject({ code: "throttled" });
    await expect(enter(person.email)).rejects.toMatchObject({ code: "throttled" });
    const told = (await events()).slice(before);
    expect(told.map(({ body }) => body.detail)).toEqual([
      { type: "session.sign-in-refused", account: person.email, because: "throttled" },
    ]);
    clock.forward(15);
    expect((await enter(person.email)).person.id).toBe(person.personId);
  });

  test("an account that does not exist is throttled like one that does", async () => {
    for (let attempt = 0; attempt < 10; attempt++)
      await beginAttempt("ghost@example.org", `198.51.100.${attempt}`, clock);
    await expect(enter("ghost@example.org")).rejects.toMatchObject({ code: "throttled" });
  });

  test("an address is refused after thirty accounts, and its IPv6 neighbours with it", async () => {
    for (let attempt = 0; attempt < 30; attempt++) {
      const taken = await beginAttempt(`person-${attempt}@example.org`, `2001:db8:1:2::${attempt.toString(16)}`, clock);
      expect(taken.isThrottled).toBe(false);
    }
    expect(await beginAttempt("other@example.org", "2001:db8:1:2:ffff::1", clock)).toMatchObject({ isThrottled: true });
    expect(await beginAttempt("other@example.org", "2001:db8:1:3::1", clock)).toMatchObject({ isThrottled: false });
  });

  test("attempts sent at once are each counted before any password is looked at", async () => {
    const attempts = await Promise.all(
      Array.from({ length: 25 }, (_, index) => beginAttempt("crowd@example.org", `198.51.100.${index}`, clock)),
    );
    expect(attempts.filter(({ isThrottled }) => !isThrottled)).toHaveLength(10);
  });

  test("a success takes the account's failures back, so that typing errors of a day do not add up", async () => {
    const person = await samplePerson(db.database);
    for (let round = 0; round < 3; round++) {
      for (let attempt = 0; attempt < 6; attempt++)
        await enter(person.email, "wrong wrong wrong").catch(() => undefined);
      expect((await enter(person.email)).person.id).toBe(person.personId);
    }
  });
});

describe("a session", () => {
  test.each([
    { after: "29 idle minutes", minutes: [29], alive: true },
    { after: "30 idle minutes", minutes: [30], alive: false },
    { after: "20 and 20 minutes with activity between", minutes: [20, 20], alive: true },
    { after: "12 hours of activity", minutes: Array(36).fill(20), alive: false },
    { after: "11 hours 40 of activity", minutes: Array(35).fill(20), alive: true },
  ])("after $after is alive: $alive", async ({ minutes, alive }) => {
    const person = await samplePerson(db.database);
    const { token, sessionId } = await enter(person.email);
    for (const [index, step] of minutes.entries()) {
      if (index > 0) await markActive(sessionId, clock);
      clock.forward(step);
    }
    expect((await findSession(token, clock)) !== null).toBe(alive);
  });

  test("activity cannot revive a session that has become idle", async () => {
    const person = await samplePerson(db.database);
    const { token, sessionId } = await enter(person.email);
    clock.forward(31);
    await markActive(sessionId, clock);
    expect(await findSession(token, clock)).toBeNull();
  });

  test("looking at it is no activity", async () => {
    const person = await samplePerson(db.database);
    const { token } = await enter(person.email);
    for (let look = 0; look < 6; look++) {
      clock.forward(5);
      await findSession(token, clock);
    }
    expect(await findSession(token, clock)).toBeNull();
  });

  test("revoked, or of a disabled person, is dead at the next request", async () => {
    const person = await samplePerson(db.database);
    const first = await enter(person.email);
    const second = await enter(person.email);
    await transaction((tx) => endSessionsOf(tx, person.personId, { except: second.sessionId, clock }));
    expect(await findSession(first.token, clock)).toBeNull();
    expect(await findSession(second.token, clock)).not.toBeNull();
    await db.database.person.update({ where: { id: person.personId }, data: { disabledAt: clock.now() } });
    expect(await findSession(second.token, clock)).toBeNull();
  });

  test("takes the role that its person has now", async () => {
    const person = await samplePerson(db.database, { role: "administrator" });
    const { token } = await enter(person.email);
    await db.database.person.update({ where: { id: person.personId }, data: { role: "viewer" } });
    expect((await findSession(token, clock))?.person.role).toBe("viewer");
  });

  test("signed out is over, and the history says so once", async () => {
    const person = await samplePerson(db.database);
    const { token, sessionId } = await signIn({ email: person.email, password: samplePassword }, origin);
    const before = (await events()).length;
    await endSession(sessionId);
    await endSession(sessionId);
    expect(await findSession(token)).toBeNull();
    expect((await events()).slice(before).map(({ type }) => type)).toEqual(["session.signed-out"]);
  });

  test("made with a row alone, without the session secret, is none", async () => {
    const { configuration } = await import("#lib/env.ts");
    const person = await samplePerson(db.database);
    const { token } = await enter(person.email);
    const kept = configuration().sessionSecret;
    configuration().sessionSecret = "another-one-0123456789-abcdefghijklmnopqr";
    expect(await findSession(token, clock)).toBeNull();
    configuration().sessionSecret = kept;
    expect(await findSession(token, clock)).not.toBeNull();
  });
});
