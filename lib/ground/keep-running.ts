import "server-only";
import { setTimeout as delay } from "node:timers/promises";
import { isAppError } from "#lib/errors.ts";

/** Short enough that a page asked for again finds it; a look costs two reads of small files. */
const everySeconds = 2;
/** After a start that failed: a full disk is not emptied within seconds, and each start takes its time. */
const againSeconds = 30;

export type Kept = {
  /** As the line about it names it: "Postgres". */
  name: string;
  isRunning(): boolean;
  start(): Promise<unknown>;
  report(line: string): void;
};

/**
 * Starts again what Skep brought along when it has ended by itself (the kernel ran out of memory, somebody killed it):
 * nobody else would, and until then nothing can be done and nothing under way goes on.
 */
export function keepRunning({ name, isRunning, start, report }: Kept): { stop(): Promise<void> } {
  const stopped = new AbortController();

  async function look(): Promise<number> {
    if (isRunning()) return everySeconds;
    report(`${name} has ended by itself; it is started again.`);
    try {
      await start();
      report(`${name} runs again.`);
      return everySeconds;
    } catch (error) {
      report(isAppError(error) ? error.publicMessage : `${name} could not be started.`);
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
