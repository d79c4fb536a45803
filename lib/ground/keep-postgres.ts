import "server-only";
import { setTimeout as delay } from "node:timers/promises";
import { isAppError } from "#lib/errors.ts";
import { isPostgresRunning, startPostgres } from "./postgres.ts";

/** Short enough that a page asked for again finds it; a look costs two reads of small files. */
const everySeconds = 2;
/** After a start that failed: a full disk is not emptied within seconds, and each start takes its time. */
const againSeconds = 30;

/**
 * Starts the embedded Postgres again when it has ended by itself (the kernel ran out of memory, somebody killed it):
 * nobody else would, and until then nothing can be done and nothing under way goes on.
 */
export function keepPostgres({ dataFolder, report }: { dataFolder: string; report(line: string): void }): {
  stop(): Promise<void>;
} {
  const stopped = new AbortController();

  async function look(): Promise<number> {
    if (isPostgresRunning(dataFolder)) return everySeconds;
    report("Postgres has ended by itself; it is started again.");
    try {
      await startPostgres({ dataFolder });
      report("Postgres runs again.");
      return everySeconds;
    } catch (error) {
      report(isAppError(error) ? error.publicMessage : "Postgres could not be started.");
      return againSeconds;
    }
  }
  async function keep(): Promise<void> {
    for (let seconds = everySeconds; !stopped.signal.aborted; seconds = await look()) {
      await delay(seconds * 1000, undefined, { signal: stopped.signal, ref: false }).catch(() => undefined);
      if (stopped.signal.aborted) return;
    }
  }
  const keeping = keep();
  return {
    async stop() {
      stopped.abort();
      await keeping;
    },
  };
}
