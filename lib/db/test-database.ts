import "server-only";
import { randomBytes } from "node:crypto";
import type pg from "pg";
import { afterAll, afterEach, inject } from "vitest";
import { connectDatabase, type Database } from "./client.ts";
import { connectAs, withDatabase } from "./connect.ts";

declare module "vitest" {
  // biome-ignore lint/style/useConsistentTypeDefinitions: vitest's own, to be added to.
  interface ProvidedContext {
    /** The Postgres of this run of the tests; see vitest.global.ts. */
    postgres: { ownerUrl: string; applicationUrl: string; template: string };
  }
}

export type TestDatabase = {
  name: string;
  /** As the application's role. */
  url: string;
  /** As the role that owns the tables: for what only a thief would do. */
  ownerUrl: string;
  database: Database;
  /** Runs SQL as the owner, in one connection; several statements where there are no values. */
  asOwner<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>;
  drop(): Promise<void>;
};

const undropped = new Set<TestDatabase>();
let hasFailed = false;

// Registered in whichever test file imports this.
afterEach(({ task }) => {
  hasFailed ||= task.result?.state === "fail";
});
afterAll(async () => {
  for (const entry of undropped) await entry.drop();
});

/**
 * A migrated, empty database of its own: a copy of the template. It is dropped after the tests of the file,
 * unless one of them failed: then `drop` only lets go of it, and the end of the run says where it is.
 */
export async function testDatabase(): Promise<TestDatabase> {
  const provided = inject("postgres");
  const name = `test_${randomBytes(6).toString("hex")}`;
  const url = withDatabase(provided.applicationUrl, name);
  const ownerUrl = withDatabase(provided.ownerUrl, name);
  await runAs(provided.ownerUrl, `CREATE DATABASE ${name} TEMPLATE ${provided.template}`);
  const database = connectDatabase(url);
  const made: TestDatabase = {
    name,
    url,
    ownerUrl,
    database,
    asOwner: (sql, values) => runAs(ownerUrl, sql, values),
    async drop() {
      undropped.delete(made);
      await database.$disconnect();
      if (!hasFailed) await runAs(provided.ownerUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
  undropped.add(made);
  return made;
}

async function runAs<Row extends pg.QueryResultRow>(url: string, sql: string, values?: unknown[]): Promise<Row[]> {
  const result = await connectAs(url, (client) => client.query<Row>(sql, values));
  return Array.isArray(result) ? [] : result.rows;
}
