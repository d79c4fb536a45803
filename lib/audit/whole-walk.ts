import "server-only";
import { isAppError } from "#lib/errors.ts";
import { logOf } from "#lib/log.ts";
import { readChainState } from "./chain-state.ts";
import type { ChainState } from "./schema.ts";

/** Pages look at what is new only. A day is how long a change far back may stay unseen; a walk costs Postgres seconds. */
const everySeconds = 86_400;
/** After a walk that could not be made: Postgres was away. */
const againSeconds = 300;

/**
 * Walks the whole history now and every day. A break is in the log, and on the page of the history from then on,
 * which says otherwise when the last whole walk was.
 */
export function startWholeWalks({
  walk = () => readChainState({ isWhole: true }),
  wait = waitOf,
}: {
  walk?: () => Promise<ChainState>;
  wait?: (seconds: number, next: () => void) => () => void;
} = {}): { stop(): Promise<void> } {
  const log = logOf("audit");
  let isStopped = false;
  let cancel = () => {};
  let walking = Promise.resolve();

  async function walkOnce(): Promise<number> {
    try {
      const state = await walk();
      if (state.state === "broken") {
        log.error("history.broken", null, { sequence: state.sequence, reason: state.reason });
      }
      return everySeconds;
    } catch (error) {
      if (!isAppError(error, "database-unreachable")) log.warn("history.not-walked", {}, error);
      return againSeconds;
    }
  }
  function begin(): void {
    walking = walkOnce().then((seconds) => {
      if (!isStopped) cancel = wait(seconds, begin);
    });
  }
  begin();
  return {
    async stop() {
      isStopped = true;
      cancel();
      await walking;
    },
  };
}

function waitOf(seconds: number, next: () => void): () => void {
  const timer = setTimeout(next, seconds * 1000);
  timer.unref();
  return () => clearTimeout(timer);
}
