import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, inject, it } from "vitest";
import { isAppError } from "#lib/errors.ts";
import { connectAs, withDatabase } from "./connect.ts";
import { migrate } from "./migrate.ts";
import { noFilter, prismaFolder, readMigrations, schemaEngine } from "./schema-engine.ts";
import { testDatabase } from "./test-database.ts";

const provided = inject("postgres");
const { url, ownerUrl, asOwner } = await testDatabase();
const made: string[] = [];

/** A database in which nothing is yet. */
async function emptyDatabase(): Promise<{ ownerUrl: string; applicationUrl: string }> {
  const name = `empty_${randomBytes(6).toString("hex")}`;
  await connectAs(provided.ownerUrl, (client) => client.query(`CREATE DATABASE ${name}`));
  made.push(name);
  return {
    ownerUrl: withDatabase(provided.ownerUrl, name),
    applicationUrl: withDatabase(provided.applicationUrl, name),
  };
}

afterAll(async () => {
  for (const name of made) {
    await connectAs(provided.ownerUrl, (client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`));
  }
});

describe("the migrations", () => {
  it("make what schema.prisma says, no more and no less", async () => {
    const { engine, stop } = await schemaEngine(ownerUrl);
    const path = join(prismaFolder, "schema.prisma");
    const content = await readFile(path, "utf8");
    const difference = async (schema: string) => {
      const source = { files: [{ path, content }], configDir: prismaFolder };
      const wanted = { files: [{ path, content: schema }] };
      const result = await engine.diff({
        from: { tag: "schemaDatasource", ...source },
        to: { tag: "schemaDatamodel", ...wanted },
        script: true,
        exitCode: true,
        filters: noFilter,
      });
      return result.stdout?.trim();
    };
    try {
      expect(await difference(content)).toBe("-- This is an empty migration.");
      expect(await difference(`${content}\nmodel More {\n  id String @id\n}\n`)).toContain('CREATE TABLE "More"');
    } finally {
      await stop();
    }
  });

  it("are applied once by two instances that start at once", async () => {
    const urls = await emptyDatabase();
    const lines: string[] = [];
    const both = await Promise.all([1, 2].map(() => migrate({ ...urls, report: (line) => lines.push(line) })));
    const all = (await readMigrations()).map(({ name }) => name);
    expect(both.map(({ applied }) => applied.length).sort()).toEqual([0, all.length]);
    expect(lines.filter((line) => line.startsWith("Another Skep"))).toHaveLength(1);
    expect(await migrate(urls)).toEqual({ applied: [] });
  });

  it("leave nothing of one that fails, refuse to go on, and go on once it is mended as the message says", async () => {
    const urls = await emptyDatabase();
    const good = await readMigrations();
    const broken = { name: "29990101000000_broken", script: `CREATE TABLE "half" (id int); SELECT * FROM nowhere;` };
    const failing = migrate({ ...urls, migrations: [...good, broken] });
    await expect(failing).rejects.toSatisfy((error) => isAppError(error) && error.publicMessage.includes(broken.name));
    const half = await connectAs(urls.ownerUrl, (client) => client.query(`SELECT to_regclass('"half"') AS table`));
    expect(half.rows).toEqual([{ table: null }]);

    const again: unknown = await migrate({ ...urls, migrations: [...good, broken] }).catch((error: unknown) => error);
    expect(isAppError(again) && again.publicMessage).toContain("P3009");
    const command = /`(UPDATE .*?)`/.exec(isAppError(again) ? again.publicMessage : "")?.[1] ?? "";
    await connectAs(urls.ownerUrl, (client) => client.query(command));
    const mended = { ...broken, script: `CREATE TABLE "half" (id int);` };
    expect(await migrate({ ...urls, migrations: [...good, mended] })).toEqual({ applied: [broken.name] });
  });

  it("are not applied to a database of a newer Skep, or of another build", async () => {
    const urls = await emptyDatabase();
    const all = await readMigrations();
    await migrate(urls);
    await expect(migrate({ ...urls, migrations: all.slice(0, -1) })).rejects.toThrow("newer Skep");
    const changed = all.map((one, index) => (index === 0 ? { ...one, script: `${one.script} ` } : one));
    await expect(migrate({ ...urls, migrations: changed })).rejects.toThrow("another build");
  });

  it("are not applied to a database that holds something else", async () => {
    const urls = await emptyDatabase();
    await connectAs(urls.ownerUrl, (client) => client.query("CREATE TABLE theirs (id int)"));
    await expect(migrate(urls)).rejects.toThrow("holds tables that are not Skep's");
  });

  it("say when the database cannot be reached", async () => {
    const nowhere = migrate({ ownerUrl: "postgresql://a:b@127.0.0.1:1/x", applicationUrl: null });
    await expect(nowhere).rejects.toSatisfy((error) => isAppError(error, "database-unreachable"));
  });
});

describe("what stands in the settings", () => {
  const wrongPassword = (from: string) => Object.assign(new URL(from), { password: "wrong" }).href;

  it.each(["DATABASE_OWNER_URL", "DATABASE_URL"])("is named where Postgres lets nobody in by %s", async (setting) => {
    const urls = await emptyDatabase();
    const wrong =
      setting === "DATABASE_URL"
        ? { ownerUrl: urls.ownerUrl, applicationUrl: wrongPassword(urls.applicationUrl) }
        : { ownerUrl: wrongPassword(urls.ownerUrl), applicationUrl: urls.applicationUrl };
    await expect(migrate(wrong)).rejects.toThrow(`by ${setting}: its role or its password is wrong (28P01)`);
    const nowhere = { ownerUrl: withDatabase(urls.ownerUrl, "nowhere"), applicationUrl: null };
    await expect(migrate(nowhere)).rejects.toThrow("by DATABASE_URL: its database is wrong (3D000)");
  });

  it("is said to be no owner's, before anything is tried and after it was another's", async () => {
    const { ownerUrl: right, applicationUrl: application } = await emptyDatabase();
    const exchanged = { ownerUrl: application, applicationUrl: right };
    await expect(migrate(exchanged)).rejects.toThrow("skep_app may not create tables");
    await migrate({ ownerUrl: right, applicationUrl: application });
    await expect(migrate(exchanged)).rejects.toThrow("skep_app does not own Skep's tables");
    // Once an owner has migrated, the application's role does alone, with the rights that it was given.
    const alone = { ownerUrl: application, applicationUrl: null };
    expect(await migrate(alone)).toEqual({ applied: [] });
    await connectAs(right, (client) => client.query(`REVOKE ALL ON "_prisma_migrations" FROM skep_app`));
    await expect(migrate(alone)).rejects.toThrow("skep_app does not own Skep's tables");
  });
});

describe("the application's role", () => {
  it("may work with every table but the history, and change nothing of the schema", async () => {
    const tables = await asOwner<{ name: string; all: boolean; reads: boolean }>(
      `SELECT relname AS name, has_table_privilege('skep_app', oid, 'INSERT') AND has_table_privilege('skep_app', oid, 'UPDATE')
         AND has_table_privilege('skep_app', oid, 'DELETE') AS all, has_table_privilege('skep_app', oid, 'SELECT') AS reads
       FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`,
    );
    expect(tables.every(({ reads }) => reads)).toBe(true);
    expect(
      tables
        .filter(({ all }) => !all)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(["AuditEvent", "_prisma_migrations"]);
    for (const sql of [
      "CREATE TABLE mine (id int)",
      `DROP TABLE "Secret"`,
      `TRUNCATE "Secret"`,
      `ALTER TABLE "AuditEvent" DISABLE TRIGGER ALL`,
    ]) {
      await expect(connectAs(url, (client) => client.query(sql))).rejects.toMatchObject({ code: "42501" });
    }
  });

  it("may be the owner itself, where there is only one", async () => {
    const { ownerUrl: only } = await emptyDatabase();
    await migrate({ ownerUrl: only, applicationUrl: only });
    await connectAs(only, (client) => client.query(`INSERT INTO "Setting" ("key", "value") VALUES ('a', '1')`));
    await expect(connectAs(only, (client) => client.query(`TRUNCATE "AuditEvent"`))).rejects.toMatchObject({
      code: "SK001",
    });
  });
});
