import "server-only";
import { createHash } from "node:crypto";
import pg from "pg";
import { AppError } from "#lib/errors.ts";
import { databaseError } from "./errors.ts";
import { grantRights, roleOf } from "./rights.ts";
import { type Migration, migrationList, noFilter, readMigrations, schemaEngine } from "./schema-engine.ts";

export type MigrateOptions = {
  /** The role that owns the tables. */
  ownerUrl: string;
  /** The role that the console works with; null where the operator gave only one. */
  applicationUrl: string | null;
  /** Told in one line what is going on, when it is more than a look. */
  report?: (line: string) => void;
  migrations?: Migration[];
};

/** Any number, as long as every Skep takes the same: whoever holds it migrates, the others wait. */
const lockKey = "7310577302117047";
const waitMinutes = 5;

/** Brings the database to the state that this version of Skep needs, and gives the application's role its rights. Quick when nothing is to do. */
export async function migrate(options: MigrateOptions): Promise<{ applied: string[] }> {
  const { ownerUrl, applicationUrl, report = () => undefined } = options;
  const client = new pg.Client({ connectionString: ownerUrl, application_name: "skep migrations" });
  client.on("error", () => undefined);
  try {
    await client.connect();
  } catch (cause) {
    throw notLetIn(cause, applicationUrl === null ? "DATABASE_URL" : "DATABASE_OWNER_URL");
  }
  try {
    await takeTurn(client, report);
    if (applicationUrl) await requireOwner(client);
    const migrations = options.migrations ?? (await readMigrations());
    const pending = await findPending(client, migrations);
    if (pending.length > 0) {
      await requireOwner(client);
      report(`Bringing the database up to date: ${pending.join(", ")}`);
      await apply(client, ownerUrl, migrations);
    }
    if (applicationUrl) await grantRights(client, await applicationRole(applicationUrl));
    return { applied: pending };
  } catch (cause) {
    // Only what Postgres itself said: a file that is missing here is no Postgres that is away.
    throw /^(53|08|57P)/.test(codeOf(cause)) ? databaseError(cause) : cause;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function takeTurn(client: pg.Client, report: (line: string) => void): Promise<void> {
  const tried = await client.query<{ taken: boolean }>(`SELECT pg_try_advisory_lock(${lockKey}) AS taken`);
  if (tried.rows[0]?.taken) return;
  report("Another Skep is migrating this database; waiting for it");
  await client.query(`SET lock_timeout = '${waitMinutes}min'`);
  try {
    await client.query(`SELECT pg_advisory_lock(${lockKey})`);
  } catch (cause) {
    const sentence = `Another Skep has been migrating this database for ${waitMinutes} minutes. Look whether it still runs, end it, and start again.`;
    throw new AppError("database-unreachable", sentence, { cause: withoutArguments(cause) });
  }
}

type AppliedRow = { migration_name: string; checksum: string; finished_at: Date | null };

/** Asks Prisma's own table, so that nothing has to be loaded where nothing is to do. */
async function findPending(client: pg.Client, migrations: Migration[]): Promise<string[]> {
  const table = await client.query<{ readable: boolean | null }>(
    `SELECT has_table_privilege(to_regclass('"_prisma_migrations"'), 'SELECT') AS readable`,
  );
  const { readable = null } = table.rows[0] ?? {};
  if (readable === null) return migrations.map(({ name }) => name);
  // Somebody else's database, or a role that was never given its rights.
  if (!readable) await requireOwner(client);
  const { rows } = await client.query<AppliedRow>(
    `SELECT migration_name, checksum, finished_at FROM "_prisma_migrations" WHERE rolled_back_at IS NULL`,
  );
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const row of rows) {
    const migration = known.get(row.migration_name);
    if (!migration) throw newerDatabase(row.migration_name);
    if (!row.finished_at) throw failedMigration(row.migration_name);
    const checksum = createHash("sha256").update(migration.script).digest("hex");
    if (row.checksum !== checksum) throw otherMigration(row.migration_name);
  }
  const applied = new Set(rows.map((row) => row.migration_name));
  return migrations.map(({ name }) => name).filter((name) => !applied.has(name));
}

async function apply(client: pg.Client, ownerUrl: string, migrations: Migration[]): Promise<void> {
  const { engine, stop } = await schemaEngine(ownerUrl);
  try {
    await engine.applyMigrations({ migrationsList: migrationList(migrations), filters: noFilter });
  } catch (cause) {
    if ((cause as { code?: unknown }).code === "P3005") throw foreignDatabase();
    // Which one it was, Prisma's error says in its text only; its table says it in a column.
    await findPending(client, migrations);
    const sentence =
      "The database could not be brought up to date. Postgres's own log says why; mend it and start again.";
    throw new AppError("unexpected", sentence, { cause: withoutArguments(cause) });
  } finally {
    await stop();
  }
}

function failedMigration(name: string): AppError {
  const sentence = `The migration ${name} failed and was undone (P3009). Mend its cause, mark it with \`UPDATE "_prisma_migrations" SET rolled_back_at = now() WHERE migration_name = '${name}' AND finished_at IS NULL\`, and start again.`;
  return new AppError("unexpected", sentence);
}

function otherMigration(name: string): AppError {
  const sentence = `This database was migrated by another build of Skep: its ${name} is not the one of this build. Use that build, or a database of its own.`;
  return new AppError("unexpected", sentence);
}

function newerDatabase(name: string): AppError {
  const sentence = `This database belongs to a newer Skep: this one does not know its migration ${name}. Use that version.`;
  return new AppError("unexpected", sentence);
}

function foreignDatabase(): AppError {
  return new AppError("unexpected", "This database holds tables that are not Skep's. Give Skep a database of its own.");
}

/** The tables are the owner's, or will be: said before Postgres refuses something in the middle, or quietly does half of it. */
async function requireOwner(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ role: string; creates: boolean; owns: boolean | null }>(
    `SELECT current_user AS role, has_schema_privilege(n.oid, 'CREATE') AS creates,
       (SELECT pg_has_role(c.relowner, 'USAGE') FROM pg_class c
        WHERE c.relnamespace = n.oid AND c.relname = '_prisma_migrations') AS owns
     FROM pg_namespace n WHERE n.nspname = 'public'`,
  );
  const [found] = rows;
  if (!found || found.owns || (found.owns === null && found.creates)) return;
  const what = found.owns === null ? "may not create tables in this database" : "does not own Skep's tables";
  const sentence = `The role ${found.role} ${what}. Give the URL of the role that does as DATABASE_OWNER_URL; look whether the two URLs are exchanged.`;
  throw new AppError("unexpected", sentence);
}

function applicationRole(url: string): Promise<string> {
  return roleOf(url).catch((cause: unknown) => {
    throw notLetIn(cause, "DATABASE_URL");
  });
}

/** Postgres said no, which waiting does not change; or said nothing, and may be back soon. */
function notLetIn(cause: unknown, setting: string): AppError {
  const reason = /^28/.test(codeOf(cause))
    ? "its role or its password"
    : codeOf(cause) === "3D000"
      ? "its database"
      : "";
  if (reason) {
    const sentence = `Postgres does not let Skep in by ${setting}: ${reason} is wrong (${codeOf(cause)}). Mend that and start again.`;
    return new AppError("unexpected", sentence, { cause: withoutArguments(cause) });
  }
  const known = databaseError(cause);
  if (known.code === "database-unreachable" && /^53/.test(codeOf(cause))) return known;
  const sentence = `The database cannot be reached by ${setting}. Look whether it runs.`;
  return new AppError("database-unreachable", sentence, { cause: withoutArguments(cause) });
}

function codeOf(cause: unknown): string {
  const code = (cause as { code?: unknown } | undefined)?.code;
  return typeof code === "string" ? code : "none";
}

/** Migrations hold no data of anyone, but the driver's messages may hold the URL. */
function withoutArguments(cause: unknown): Error {
  return Object.assign(new Error("the database said no"), { code: codeOf(cause) });
}
