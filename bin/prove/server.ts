import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type pg from "pg";
import { connectAs, withDatabase } from "#lib/db/connect.ts";
import { migrate } from "#lib/db/migrate.ts";
import { erasePostgres, startPostgres } from "#lib/ground/postgres.ts";
import { atEnd } from "../bench/cleanup.ts";

/** A Postgres with a template from which each run gets a database. */
export type Server = {
  ownerUrl: string;
  applicationUrl: string;
  socketPath: string;
  /** As an operator restarts it: every connection ends, nobody is let in, the data stay. */
  stop(): Promise<void>;
  start(): Promise<void>;
};

export const template = "skep_prove";

export async function startServer(dataFolder: string): Promise<Server> {
  mkdirSync(dataFolder, { recursive: true });
  atEnd(() => erasePostgres(dataFolder));
  const { ownerUrl, applicationUrl, stop } = await startPostgres({ dataFolder });
  await connectAs(ownerUrl, (client) => client.query(`CREATE DATABASE ${template}`));
  const urls = { ownerUrl: withDatabase(ownerUrl, template), applicationUrl: withDatabase(applicationUrl, template) };
  await migrate(urls);
  await connectAs(urls.ownerUrl, witnessCommits);
  const socketPath = join(new URL(ownerUrl).searchParams.get("host") ?? "", ".s.PGSQL.5432");
  return { ownerUrl, applicationUrl, socketPath, stop, start: async () => void (await startPostgres({ dataFolder })) };
}

/** As many as are in use at once, each for one run alone, and then for another one. */
export class OwnServers {
  readonly #folder: string;
  readonly #free: Server[] = [];
  #made = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async take(): Promise<Server> {
    const free = this.#free.pop();
    if (free) return free;
    this.#made += 1;
    return startServer(join(this.#folder, `postgres-${this.#made}`));
  }

  giveBack(server: Server): void {
    this.#free.push(server);
  }
}

/**
 * Postgres itself keeps, beside every row that is written, by which transaction: so a commit is known whoever made it, and
 * in whichever way. What is rolled back takes its trace along.
 */
async function witnessCommits(client: pg.Client): Promise<void> {
  await client.query(`
    CREATE SCHEMA proof;
    CREATE TABLE proof.commits (xid xid8 PRIMARY KEY);
    CREATE FUNCTION proof.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
      BEGIN
        INSERT INTO proof.commits VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING;
        RETURN NULL;
      END $$;
    DO $$
      DECLARE owned record;
      BEGIN
        FOR owned IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
          EXECUTE format('CREATE TRIGGER proof_commits AFTER INSERT OR UPDATE OR DELETE ON public.%I
            FOR EACH ROW EXECUTE FUNCTION proof.note()', owned.tablename);
        END LOOP;
      END $$;`);
}

export const countCommits = "SELECT count(*)::int AS count FROM proof.commits";
