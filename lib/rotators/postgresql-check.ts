import "server-only";
import pg from "pg";
import { AppError } from "#lib/errors.ts";
import { RotatorFailure } from "./failure.ts";
import { requireAsked } from "./postgresql-asks.ts";
import { closedDatabase, connected, type PostgresqlServer, type SignIn } from "./postgresql-connect.ts";
import { standbySentence } from "./postgresql-failure.ts";
import type { RotatorCheck } from "./schema.ts";

/** Whoever asks, and what it is asked of. `version` as in 180001. */
type Self = { version: number; isStandby: boolean; isSuperuser: boolean; mayCreateRoles: boolean };
type Login = {
  login: string;
  signsIn: boolean;
  hasConnections: boolean;
  connects: boolean;
  isSuperuser: boolean;
  replicates: boolean;
  isAdministered: boolean;
};

/** `MEMBER WITH ADMIN OPTION` asks, whatever its name, only for the option, own or by way of another role. */
const loginsAsked = `
  SELECT login,
    coalesce(rolcanlogin AND coalesce(rolvaliduntil > now(), true), false) AS "signsIn",
    coalesce(rolconnlimit <> 0 OR rolsuper, true) AS "hasConnections",
    coalesce(has_database_privilege(oid, current_database(), 'CONNECT'), true) AS connects,
    coalesce(rolsuper, false) AS "isSuperuser",
    coalesce(rolreplication, false) AS "replicates",
    coalesce(pg_has_role(oid, 'MEMBER WITH ADMIN OPTION'), false) AS "isAdministered"
  FROM unnest($1::text[]) WITH ORDINALITY AS asked (login, place) LEFT JOIN pg_roles ON rolname = login
  ORDER BY place`;

const selfAsked = `
  SELECT current_setting('server_version_num')::int AS version, pg_is_in_recovery() AS "isStandby",
    rolsuper AS "isSuperuser", rolcreaterole AS "mayCreateRoles"
  FROM pg_roles WHERE rolname = current_user`;

const sharedAsked = `
  SELECT 1 FROM pg_roles AS shared
  WHERE rolname !~ '^pg_' AND NOT EXISTS (SELECT 1 FROM unnest($1::text[]) AS login WHERE NOT pg_has_role(login, shared.oid, 'MEMBER'))
  LIMIT 1`;

/** Asks for what setting a password and trying it need, of one login or of all, and changes nothing. */
export async function checkPostgresql(
  server: PostgresqlServer,
  signIn: SignIn,
  only: string | null = null,
): Promise<RotatorCheck> {
  const { user } = server.settings;
  const logins = only === null ? server.settings.logins : [only];
  if (logins.includes(user)) throw new AppError("invalid-input", ownLogin(user), { field: "logins" });
  const found = await checkRights(server, signIn, logins);
  await requireAsked(server, logins);
  return found;
}

async function checkRights(server: PostgresqlServer, signIn: SignIn, logins: readonly string[]): Promise<RotatorCheck> {
  const { user } = server.settings;
  return await connected(server, signIn, async (client) => {
    const self = (await client.query<Self>(selfAsked)).rows[0];
    if (!self) throw new RotatorFailure("broken-answer", server.name);
    if (self.isStandby)
      throw new RotatorFailure("broken-answer", server.name, { sentence: standbySentence(server.name) });
    const { rows } = await client.query<Login>(loginsAsked, [logins]);
    for (const row of rows) {
      requireSignIn(server, row);
      requireRights(server, self, row);
    }
    const isShared = logins.length === 1 || (await client.query(sharedAsked, [logins])).rowCount === 1;
    const alone = isShared ? "" : "; they share no role, so that what one makes the other may not use";
    return {
      software: `PostgreSQL ${versionText(self.version)}`,
      login: `${user} may set ${logins.join(" and ")}${alone}`,
    };
  });
}

/** What is told of a login only when its password was right. */
function requireSignIn(server: PostgresqlServer, { login, signsIn, hasConnections, connects }: Login): void {
  const { name } = server;
  if (!signsIn) {
    const sentence = `${name} has no login ${login} that may sign in now. Make it there with LOGIN and no VALID UNTIL that is over, or correct the rotator's settings.`;
    throw new RotatorFailure("no-login", name, { sentence });
  }
  if (!hasConnections) {
    const sentence = `${name} lets ${login} have no connection. Raise its CONNECTION LIMIT there, or name another login.`;
    throw new RotatorFailure("no-login", name, { sentence });
  }
  if (!connects) throw closedDatabase(server, login);
}

function requireRights({ name, settings: { user } }: PostgresqlServer, self: Self, row: Login): void {
  const { login } = row;
  const missing = missingRight(self, row, user);
  if (missing === null) return;
  const sentence = `${name} does not let ${user} set the password of ${login}. ${missing}`;
  throw new RotatorFailure("forbidden", name, { sentence });
}

/** The rules of ALTER ROLE: from 16 on CREATEROLE is a right over those logins only that the role administers. */
function missingRight(
  self: Self,
  { login, isSuperuser, replicates, isAdministered }: Login,
  user: string,
): string | null {
  if (self.isSuperuser) return null;
  const isOld = self.version < 160_000;
  if (isSuperuser || (isOld && replicates)) {
    return "Only a superuser may: take SUPERUSER and REPLICATION from the login, or name another one.";
  }
  const [whose, which] = [user, login].map((role) => pg.escapeIdentifier(role));
  const grants = [
    ...(self.mayCreateRoles ? [] : [`ALTER ROLE ${whose} CREATEROLE;`]),
    ...(isOld || isAdministered ? [] : [`GRANT ${which} TO ${whose} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;`]),
  ];
  return grants.length === 0 ? null : `Run there as a superuser: ${grants.join(" ")}`;
}

/** Its credential is in a file that a rotation does not write. */
function ownLogin(user: string): string {
  return `Skep itself signs in as ${user}: with another password it would lock itself out. Name a login that services have.`;
}

function versionText(version: number): string {
  return `${Math.floor(version / 10_000)}.${version % 10_000}`;
}
