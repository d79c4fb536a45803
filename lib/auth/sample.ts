import "server-only";
import { randomUUID } from "node:crypto";
import type { Database } from "#lib/db/client.ts";
import { configurationFrom, configure, readEnvironment } from "#lib/env.ts";
import type { Person, Role } from "#lib/policy/schema.ts";
import { hashPassword } from "./passwords.ts";

/** Makes this process work with one database: for tests. */
export function configureFor(databaseUrl: string): void {
  configure(
    configurationFrom(readEnvironment({}), {
      databaseUrl,
      docker: { host: "unix:///nowhere", certPath: null, isTlsVerified: false },
      sessionSecret: "for-tests-only-0123456789abcdefghijklmnop",
    }),
  );
}

/** A person with a row; her password is "correct horse battery staple". */
export async function samplePerson(
  database: Database,
  { email = `${randomUUID()}@example.org`, name = "Ada", role = "operator" as Role } = {},
): Promise<Person> {
  const personId = randomUUID();
  await database.person.create({
    data: { id: personId, email, name, role, passwordHash: await oneHash() },
  });
  return { type: "person", personId, name, email, role, sessionId: "none", address: null, userAgent: null };
}

export const samplePassword = "correct horse battery staple";

let hash: Promise<string> | null = null;

function oneHash(): Promise<string> {
  hash ??= hashPassword(samplePassword);
  return hash;
}

/** A clock that stands still until it is moved. */
export function sampleClock(start = "2026-03-01T10:00:00Z"): { now(): Date; forward(minutes: number): void } {
  let time = new Date(start).getTime();
  return {
    now: () => new Date(time),
    forward: (minutes) => {
      time += minutes * 60_000;
    },
  };
}
