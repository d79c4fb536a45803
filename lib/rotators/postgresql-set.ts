import "server-only";
import pg from "pg";
import type { Turn } from "./contract.ts";
import { RotatorFailure } from "./failure.ts";
import { connected, type PostgresqlServer, type SignIn } from "./postgresql-connect.ts";
import { sqlStateOf } from "./postgresql-failure.ts";

/** Of an advisory lock: "SKEP" in ASCII. */
const lockClass = 0x534b4550;

/** Where the settings of a role want superusers, its comment takes the same right as its password, and moves with it. */
const mark = / ?\[password set by Skep, (\d{4}-\d{2}-\d{2}T[\d:.]{12}Z)\]/g;

/**
 * Sets a login's password in one transaction, behind a fence: the generation stands in the comment of the login, after
 * what people wrote there. The new password comes first: until the end, this keeps every other session, also one in
 * another database, from setting it, and what is read afterwards is the latest. Sessions in the same database queue
 * before that instead of failing. `committing` is told when its end is asked for: what fails before has changed nothing.
 */
export async function setPassword(
  server: PostgresqlServer,
  signIn: SignIn,
  { login, generation }: { login: string; generation: Turn["generation"] },
  verifier: string,
  committing: () => void = () => undefined,
): Promise<void> {
  await connected(server, signIn, async (client) => {
    const role = pg.escapeIdentifier(login);
    await client.query("BEGIN ISOLATION LEVEL READ COMMITTED");
    await client.query("SELECT pg_advisory_xact_lock($1, oid::int) FROM pg_roles WHERE rolname = $2", [
      lockClass,
      login,
    ]);
    await alter(server, client, `ALTER ROLE ${role} PASSWORD ${pg.escapeLiteral(verifier)}`);
    const comment = await commentOf(client, login);
    if (latestOf(comment) > generation) throw new RotatorFailure("overtaken", server.name);
    const changed = `${comment.replaceAll(mark, "")} [password set by Skep, ${new Date(generation).toISOString()}]`;
    await client.query(`COMMENT ON ROLE ${role} IS ${pg.escapeLiteral(changed.trimStart())}`);
    committing();
    await client.query("COMMIT");
  });
}

/** Extensions that judge passwords refuse with codes of their own. */
async function alter({ name }: PostgresqlServer, client: pg.Client, statement: string): Promise<void> {
  try {
    await client.query(statement);
  } catch (cause) {
    if (/^(0A|22|23|28|P0)/.test(sqlStateOf(cause) ?? "")) throw new RotatorFailure("refused", name, { cause });
    throw cause;
  }
}

async function commentOf(client: pg.Client, login: string): Promise<string> {
  const asked = "SELECT shobj_description(oid, 'pg_authid') AS comment FROM pg_roles WHERE rolname = $1";
  const { rows } = await client.query<{ comment: string | null }>(asked, [login]);
  return rows[0]?.comment ?? "";
}

function latestOf(comment: string): number {
  return Math.max(0, ...[...comment.matchAll(mark)].map(([, at]) => Date.parse(at ?? "") || 0));
}
