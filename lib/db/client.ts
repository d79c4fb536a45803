import "server-only";
import { PrismaPg } from "@prisma/adapter-pg";
import { oncePerProcess } from "#lib/clock.ts";
import { configuration } from "#lib/env.ts";
import { databaseError } from "./errors.ts";
import { type Prisma, PrismaClient } from "./generated/client.ts";

export type Database = PrismaClient;
/** The inside of one transaction: the same tables, nothing that could end it. */
export type Transaction = Prisma.TransactionClient;
export type { Prisma } from "./generated/client.ts";

const connectSeconds = 5;
/**
 * A Postgres that is frozen, or behind a network that drops packets, does not answer at all; without a limit every page
 * would wait for ever. The limit is far above what a query takes on a busy machine.
 */
const answerSeconds = 30;

/**
 * What pages begin with, the row of the session, is found in milliseconds; nobody looks at an empty page for half a minute.
 * Raw queries may take longer: the list, the export and the walk of a long history.
 */
const readSeconds = 5;
const reads = /^(find|count|aggregate|groupBy)/;

/** A client of one database. Its errors are AppErrors without the arguments of the query. */
export function connectDatabase(url: string, options: { connections?: number; answerSeconds?: number } = {}): Database {
  const adapter = new PrismaPg(
    {
      connectionString: url,
      max: options.connections ?? 10,
      connectionTimeoutMillis: connectSeconds * 1000,
      query_timeout: (options.answerSeconds ?? answerSeconds) * 1000,
      application_name: "skep",
      keepAlive: true,
    },
    { onPoolError: () => undefined, onConnectionError: () => undefined },
  );
  const client = new PrismaClient({ adapter, errorFormat: "minimal", log: [] });
  const translated = client.$extends({
    query: {
      async $allOperations({ operation, args, query }) {
        try {
          return await (reads.test(operation) ? inTime(query(args)) : query(args));
        } catch (cause) {
          throw databaseError(cause);
        }
      },
    },
  });
  return translated as unknown as Database;
}

/** The query itself goes on until Postgres answers or the longer limit cuts it off; only nobody waits for it. */
async function inTime<T>(query: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error("no answer in time")), readSeconds * 1000);
  try {
    return await Promise.race([query, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** The database of this process. Another URL in the configuration (a test's) means another client. */
export function database(): Database {
  const holder = clientHolder();
  const { databaseUrl } = configuration();
  if (holder.current?.url !== databaseUrl) holder.current = { url: databaseUrl, client: connectDatabase(databaseUrl) };
  return holder.current.client;
}

/** Lets go of every connection. The next query makes new ones. */
export async function closeDatabase(): Promise<void> {
  const holder = clientHolder();
  const closing = holder.current;
  holder.current = null;
  await closing?.client.$disconnect();
}

function clientHolder(): { current: { url: string; client: Database } | null } {
  return oncePerProcess("database", () => ({ current: null }));
}
