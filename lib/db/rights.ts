import "server-only";
import pg from "pg";
import { connectAs } from "./connect.ts";

/** What the application's role may do: everything with the tables but alter the history, and nothing with the schema. */
export async function grantRights(owner: pg.Client, application: string): Promise<void> {
  const [roles] = (
    await owner.query<{ owner: string; application: string }>(
      "SELECT current_user AS owner, rolname AS application FROM pg_roles WHERE rolname = $1",
      [application],
    )
  ).rows;
  if (!roles || roles.owner === roles.application) return;
  const role = pg.escapeIdentifier(roles.application);
  await owner.query(`
    BEGIN;
    REVOKE CREATE ON SCHEMA public FROM PUBLIC;
    REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ${role};
    GRANT USAGE ON SCHEMA public TO ${role};
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${role};
    REVOKE ALL ON "AuditEvent", "_prisma_migrations" FROM ${role};
    GRANT SELECT ON "AuditEvent", "_prisma_migrations" TO ${role};
    GRANT INSERT ("id", "body") ON "AuditEvent" TO ${role};
    COMMIT;
  `);
}

/** The name that Postgres itself knows the role by: a URL may leave it out or get it from the environment. */
export async function roleOf(url: string): Promise<string> {
  const found = await connectAs(url, (client) => client.query<{ name: string }>("SELECT current_user AS name"));
  return found.rows[0]?.name ?? "";
}
