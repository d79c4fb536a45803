import "server-only";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { PrismaPg } from "@prisma/adapter-pg";
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from "@prisma/driver-adapter-utils";
import type * as bindings from "@prisma/schema-engine-wasm";
import pg from "pg";
import { oncePerProcess } from "#lib/clock.ts";

export type SchemaEngine = Awaited<ReturnType<typeof bindings.SchemaEngine.new>>;

export const prismaFolder = fileURLToPath(new URL("../../prisma/", import.meta.url));
export const noFilter = { externalTables: [], externalEnums: [] };

/** Prisma's own migration engine, from npm as WebAssembly: nothing is downloaded. Call `stop` when done. */
export async function schemaEngine(ownerUrl: string): Promise<{ engine: SchemaEngine; stop(): Promise<void> }> {
  const { SchemaEngine } = await oncePerProcess("schema-engine", load);
  const pool = new CatalogPool({ connectionString: ownerUrl, max: 2, application_name: "skep migrations" });
  pool.on("error", () => undefined);
  const adapter = bindMigrationAwareSqlAdapterFactory(new MigratingAdapters(pool));
  try {
    const datamodels = [["schema.prisma", await readFile(join(prismaFolder, "schema.prisma"), "utf8")]];
    const engine = await SchemaEngine.new({ datamodels: datamodels as [string, string][] }, () => undefined, adapter);
    return {
      engine,
      async stop() {
        engine.free();
        await pool.end();
      },
    };
  } catch (cause) {
    await pool.end();
    throw cause;
  }
}

export type Migration = { name: string; script: string };

/** The migrations of this version of Skep, in the order in which they apply. */
export async function readMigrations(folder = join(prismaFolder, "migrations")): Promise<Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => ({ name, script: await readFile(join(folder, name, "migration.sql"), "utf8") })),
  );
}

export function migrationList(migrations: Migration[]): bindings.MigrationList {
  return {
    baseDir: join(prismaFolder, "migrations"),
    lockfile: { path: "migration_lock.toml", content: 'provider = "postgresql"\n' },
    shadowDbInitScript: "",
    migrationDirectories: migrations.map(({ name, script }) => ({
      path: name,
      migrationFile: { path: "migration.sql", content: { tag: "ok", value: script } },
    })),
  };
}

/** The adapter as it is, but for two things that it cannot do. */
class MigratingAdapters extends PrismaPg {
  override async connect() {
    const adapter = await super.connect();
    // It splits scripts at each `;`, inside functions too; Postgres takes them whole, and undoes them whole.
    adapter.executeScript = async (script) => void (await adapter.underlyingDriver().query(script));
    // It does not know the type "char", which Postgres's catalogue is full of.
    const queryRaw = adapter.queryRaw.bind(adapter);
    adapter.queryRaw = async (query) => {
      const result = await queryRaw(query);
      for (const column of charColumns.get(result.rows) ?? []) result.columnTypes[column] = ColumnTypeEnum.Character;
      return result;
    };
    return adapter;
  }
}

const charType = 18;
const textType = 25;
const charColumns = new WeakMap<unknown[][], number[]>();

/** Passes "char" off as text, and remembers in which columns of which result. */
class CatalogPool extends pg.Pool {
  // biome-ignore lint/suspicious/noExplicitAny: pg's own overloads of query cannot be named in an override.
  override query: any = async (...query: Parameters<pg.Pool["query"]>) => {
    const result = (await super.query(...query)) as unknown as pg.QueryArrayResult;
    const columns: number[] = [];
    for (const [column, field] of (result.fields ?? []).entries()) {
      if (field.dataTypeID !== charType) continue;
      field.dataTypeID = textType;
      columns.push(column);
    }
    if (columns.length > 0) charColumns.set(result.rows, columns);
    return result;
  };
}

async function load(): Promise<typeof bindings> {
  const name = "@prisma/schema-engine-wasm/schema_engine_bg";
  const loaded = (await import(name)) as typeof bindings & { __wbg_set_wasm(exports: WebAssembly.Exports): void };
  const file = join(dirname(fileURLToPath(import.meta.resolve(name))), "schema_engine_bg.wasm");
  const imports = Object.entries(loaded).map(([key, value]) => [key, /setTimeout/.test(key) ? quietTimeout : value]);
  const { instance } = await WebAssembly.instantiate(await readFile(file), {
    "./schema_engine_bg.js": Object.fromEntries(imports) as WebAssembly.ModuleImports,
  });
  loaded.__wbg_set_wasm(instance.exports);
  (instance.exports.__wbindgen_start as () => void)();
  return loaded;
}

/** It never clears the timeout of its lock, and a command that is done should not wait ten seconds for that. */
function quietTimeout(callback: () => void, milliseconds: number): NodeJS.Timeout {
  return setTimeout(callback, milliseconds).unref();
}
