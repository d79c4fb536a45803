import "server-only";
import { type Repeating, repeating, type Wait } from "#lib/clock/repeating.ts";
import { isAppError } from "#lib/errors.ts";
import { logOf } from "#lib/log.ts";
import { readChainState } from "./chain-state.ts";
import type { ChainState } from "./schema.ts";

/** Pages look only at what is new, so a change far back may stay unseen for this long. More often would cost Postgres more. */
const everySeconds = 86_400;
/** The pause after a walk that failed, mostly because Postgres was away. */
const againSeconds = 300;

/**
 * Walks the whole history now and every day. A break is in the log, and on the page of the history from then on,
 * which says otherwise when the last whole walk was.
 */
export function startWholeWalks({
  walk = () => readChainState({ isWhole: true }),
  wait,
}: {
  walk?: () => Promise<ChainState>;
  wait?: Wait;
} = {}): Repeating {
  const log = logOf("audit");
  return repeating({
    everySeconds,
    afterErrorSeconds: againSeconds,
    async work() {
      const state = await walk();
      if (state.state === "broken") {
        log.error("history.broken", null, { sequence: state.sequence, reason: state.reason });
      }
    },
    onError(error) {
      if (!isAppError(error, "database-unreachable")) log.warn("history.not-walked", {}, error);
    },
    ...(wait ? { wait } : {}),
  });
}
