import { beforeEach, describe, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "#lib/db/test-database.ts";
import { transaction } from "#lib/db/transaction.ts";
import { decide, type Permit } from "#lib/policy/permit.ts";
import type { Action, Person, SubjectOf } from "#lib/policy/schema.ts";
import { findInvitation, invite, join, withdrawInvitation } from "./invitations.ts";
import { changePassword, createPasswordLink, findPasswordLink, setPasswordByLink } from "./password-change.ts";
import { insertPasswordLink } from "./password-link.ts";
import { verifyPassword } from "./passwords.ts";
import { changeRole, disablePerson, enablePerson } from "./people.ts";
import { listAllSessions, listOwnSessions, listPeople } from "./queries.ts";
import { revokeSession } from "./revoke-session.ts";
import { configureFor, sampleClock, samplePassword, samplePerson } from "./sample.ts";
import { joinInput } from "./schema.ts";
import { findSession } from "./sessions.ts";
import { setUp } from "./setup.ts";
import { signIn } from "./sign-in.ts";

let db: TestDatabase;
let ada: Person;
const origin = { address: "192.0.2.7", userAgent: "a browser" };

beforeEach(async () => {
  db = await testDatabase();
  configureFor(db.url);
  ada = await samplePerson(db.database, { role: "administrator", name: "Ada" });
});

function permit<A extends Action>(actor: Person, action: A, subject: SubjectOf<A>): Permit<A> {
  const given = decide(actor, action, subject);
  if (!given) throw new Error(`${actor.role} may not ${action}`);
  return given;
}

function findByName(name: string): Promise<{ email: string } | null> {
  return db.database.person.findFirst({ where: { name } });
}

async function types(): Promise<string[]> {
  const rows = await db.database.auditEvent.findMany({ orderBy: { sequence: "asc" } });
  return rows.map(({ type }) => type).filter((type) => type !== "session.signed-in");
}

describe("an invitation", () => {
  const invited = { email: "grace@example.org" };
  const inviteGrace = () => invite(permit(ada, "person.invite", { role: "operator" }), invited);
  const grace = { name: "Grace", password: "a long enough sentence" };

  test("lets one person in, once, with the role that it was given", async () => {
    const { token } = await inviteGrace();
    expect(await findInvitation(token)).toEqual({ ...invited, role: "operator" });
    await join({ ...grace, token }, origin);
    const session = await signIn({ ...invited, password: grace.password }, origin);
    expect((await findSession(session.token))?.person).toMatchObject({ name: "Grace", role: "operator" });
    await expect(join({ ...grace, token }, origin)).rejects.toMatchObject({ code: "not-found" });
    expect(await types()).toEqual(["person.invited", "person.joined"]);
  });

  test("of two who use it at once, one joins", async () => {
    const { token } = await inviteGrace();
    const ends = await Promise.allSettled([join({ ...grace, token }, origin), join({ ...grace, token }, origin)]);
    expect(ends.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  });

  test("is dead after four days, when it is withdrawn, and when a newer one was written", async () => {
    const clock = sampleClock();
    const old = await invite(permit(ada, "person.invite", { role: "viewer" }), invited, clock);
    clock.forward(96 * 60 - 1);
    expect(await findInvitation(old.token, clock)).not.toBeNull();
    clock.forward(1);
    expect(await findInvitation(old.token, clock)).toBeNull();

    const first = await inviteGrace();
    const second = await inviteGrace();
    expect(await findInvitation(first.token)).toBeNull();
    const { invitations } = await listPeople(permit(ada, "person.read", {}));
    expect(invitations).toMatchObject([{ email: invited.email, role: "operator", invitedBy: "Ada" }]);
    await withdrawInvitation(permit(ada, "person.invite", { role: "operator" }), invitations[0]?.id ?? "");
    expect(await findInvitation(second.token)).toBeNull();
    await expect(join({ ...grace, token: second.token }, origin)).rejects.toMatchObject({ code: "not-found" });
  });

  test("ends with the rights of whoever wrote it", async () => {
    const other = await samplePerson(db.database, { role: "administrator", name: "Eve" });
    const { token } = await invite(permit(other, "person.invite", { role: "administrator" }), invited);
    await changeRole(permit(ada, "person.change", { personId: other.personId }), "viewer");
    expect(await findInvitation(token)).toBeNull();
    await expect(join({ ...grace, token }, origin)).rejects.toMatchObject({ code: "not-found" });
  });

  test("lets nobody in under a name that somebody has, however it is written, and stays open", async () => {
    const { token } = await inviteGrace();
    for (const name of ["Ada", "ADA"]) {
      const joining = join({ ...grace, name, token }, origin);
      await expect(joining).rejects.toMatchObject({ code: "name-taken", field: "name" });
    }
    await join({ ...grace, name: "%", token }, origin);
    expect((await findByName("%"))?.email).toBe(invited.email);
  });

  test.each(["Skep", "somebody", "schedule, set by Ada", "Ad\u200ba", "Ada\u202e", "A\u0000da"])(
    "is not taken up under the name %j, which would tell the history something else",
    (name) => {
      expect(joinInput.safeParse({ ...grace, name, token: "x" }).success).toBe(false);
    },
  );

  test("is refused for somebody who is here already, at the field", async () => {
    const wanted = invite(permit(ada, "person.invite", { role: "viewer" }), { email: ada.email });
    await expect(wanted).rejects.toMatchObject({ code: "name-taken", field: "email" });
  });

  test("is not kept where it could be read: neither link nor token is in the database", async () => {
    const { token } = await inviteGrace();
    const dump = JSON.stringify(await db.database.invitation.findMany());
    const events = (await db.database.auditEvent.findMany()).map(({ body }) => Buffer.from(body).toString("utf8"));
    expect(dump + events.join()).not.toContain(token);
  });
});

describe("people", () => {
  test("who is disabled is out at once, and her old sessions stay dead when she is enabled again", async () => {
    const eve = await samplePerson(db.database, { name: "Eve" });
    const session = await signIn({ email: eve.email, password: samplePassword }, origin);
    const change = permit(ada, "person.change", { personId: eve.personId });
    await disablePerson(change);
    expect(await findSession(session.token)).toBeNull();
    await expect(signIn({ email: eve.email, password: samplePassword }, origin)).rejects.toThrow();
    await enablePerson(change);
    expect(await findSession(session.token)).toBeNull();
    await signIn({ email: eve.email, password: samplePassword }, origin);
    expect(await types()).toEqual(["person.disabled", "session.sign-in-refused", "person.enabled"]);
  });

  test("nobody changes her own role or disables herself", () => {
    expect(decide(ada, "person.change", { personId: ada.personId })).toBeNull();
  });

  test.each(["disable", "demote"])("two administrators who %s each other at once leave one", async (how) => {
    const eve = await samplePerson(db.database, { role: "administrator", name: "Eve" });
    const shutOut = (by: Person, whom: Person) => {
      const change = permit(by, "person.change", { personId: whom.personId });
      return how === "disable" ? disablePerson(change) : changeRole(change, "viewer");
    };
    const ends = await Promise.allSettled([shutOut(ada, eve), shutOut(eve, ada)]);
    expect(ends.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(await db.database.person.count({ where: { role: "administrator", disabledAt: null } })).toBe(1);
  });

  test("changes that change nothing leave no line", async () => {
    const eve = await samplePerson(db.database, { role: "viewer" });
    const change = permit(ada, "person.change", { personId: eve.personId });
    await changeRole(change, "viewer");
    await enablePerson(change);
    expect(await types()).toEqual([]);
  });
});

describe("a password", () => {
  const wanted = { currentPassword: samplePassword, newPassword: "another long sentence" };

  test("that is changed ends the other sessions and keeps this one", async () => {
    const here = await signIn({ email: ada.email, password: samplePassword }, origin);
    const there = await signIn({ email: ada.email, password: samplePassword }, origin);
    const actor = { ...ada, sessionId: here.sessionId };
    await changePassword(permit(actor, "password.change", { personId: ada.personId }), wanted);
    expect(await findSession(here.token)).not.toBeNull();
    expect(await findSession(there.token)).toBeNull();
    await expect(signIn({ email: ada.email, password: samplePassword }, origin)).rejects.toThrow();
    await signIn({ email: ada.email, password: wanted.newPassword }, origin);
  });

  test("cannot be guessed by way of its change", async () => {
    const own = permit(ada, "password.change", { personId: ada.personId });
    for (let guess = 0; guess < 10; guess++) {
      const wrong = changePassword(own, { ...wanted, currentPassword: `guess ${guess}` });
      await expect(wrong).rejects.toMatchObject({ code: "forbidden", field: "currentPassword" });
    }
    await expect(changePassword(own, wanted)).rejects.toMatchObject({ code: "throttled" });
  });

  test("that was forgotten is set by a link that works once, and only for a person who is not disabled", async () => {
    const eve = await samplePerson(db.database, { name: "Eve" });
    const session = await signIn({ email: eve.email, password: samplePassword }, origin);
    const change = permit(ada, "person.change", { personId: eve.personId });
    const { token } = await createPasswordLink(change);
    expect(await findPasswordLink(token)).toEqual({ email: eve.email });
    expect(await findSession(session.token)).not.toBeNull();
    await setPasswordByLink({ token, password: "another long sentence" }, origin);
    expect(await findSession(session.token)).toBeNull();
    await signIn({ email: eve.email, password: "another long sentence" }, origin);
    await expect(setPasswordByLink({ token, password: "a third long sentence" }, origin)).rejects.toThrow();

    const next = await createPasswordLink(change);
    await disablePerson(change);
    await expect(setPasswordByLink({ token: next.token, password: "a third long sentence" }, origin)).rejects.toThrow();
  });
});

test("a link to a new password ends with the rights of whoever made it, one made where Skep runs does not", async () => {
  const eve = await samplePerson(db.database, { role: "administrator", name: "Eve" });
  const { token } = await createPasswordLink(permit(eve, "person.change", { personId: ada.personId }));
  await disablePerson(permit(ada, "person.change", { personId: eve.personId }));
  expect(await findPasswordLink(token)).toBeNull();
  const taking = setPasswordByLink({ token, password: "a long enough sentence" }, origin);
  await expect(taking).rejects.toMatchObject({ code: "not-found" });
  const { email, role } = ada;
  const made = { email, role, invitedBy: null, now: new Date(), hours: 1 };
  const atTerminal = await transaction((tx) => insertPasswordLink(tx, made), { database: db.database });
  expect(await findPasswordLink(atTerminal)).toEqual({ email });
});

test("a link that does not work costs no hashing: strangers with made-up links keep nobody from signing in", async () => {
  const compare = (cost: string) => verifyPassword("x", `$argon2id$v=19$${cost},p=1$c2FsdHNhbHRzYWx0c2FsdA$dGFn`);
  // Two that take their time hold both places, and nobody more may wait.
  const slow = ["m=32768,t=60", "m=32768,t=60"].map(compare);
  const full = Promise.all([...slow, ...Array.from({ length: 60 }, () => compare("m=8,t=1"))]);
  await expect(compare("m=8,t=1")).rejects.toMatchObject({ code: "throttled" });
  const made = { token: "made up", password: "a long enough sentence" };
  const code = { code: "not-found" };
  await expect(join({ ...made, name: "Eve" }, origin)).rejects.toMatchObject(code);
  await expect(setPasswordByLink(made, origin)).rejects.toMatchObject(code);
  await expect(setUp({ ...made, name: "Eve", email: "eve@example.org" }, origin)).rejects.toMatchObject(code);
  await full;
});

describe("sessions in a list", () => {
  test("are one's own, or all of them for an administrator; revoked ones are gone and dead", async () => {
    const eve = await samplePerson(db.database, { name: "Eve" });
    const own = await signIn({ email: ada.email, password: samplePassword }, origin);
    const hers = await signIn({ email: eve.email, password: samplePassword }, origin);
    const actor = { ...ada, sessionId: own.sessionId };
    expect(await listOwnSessions(actor)).toMatchObject([{ id: own.sessionId, isCurrent: true, address: "192.0.2.7" }]);
    expect(await listAllSessions(permit(actor, "person.read", {}))).toHaveLength(2);
    await revokeSession(permit(ada, "session.revoke", { sessionId: hers.sessionId, personId: eve.personId }));
    expect(await findSession(hers.token)).toBeNull();
    expect(await listAllSessions(permit(actor, "person.read", {}))).toHaveLength(1);
    expect(await types()).toEqual(["session.revoked"]);
  });

  test("cannot be revoked with the permit for another person's", async () => {
    const eve = await samplePerson(db.database);
    const hers = await signIn({ email: ada.email, password: samplePassword }, origin);
    const mixed = permit(eve, "session.revoke", { sessionId: hers.sessionId, personId: eve.personId });
    await expect(revokeSession(mixed)).rejects.toMatchObject({ code: "not-found" });
    expect(await findSession(hers.token)).not.toBeNull();
  });
});
