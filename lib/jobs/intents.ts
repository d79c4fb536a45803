import "server-only";
import { unresolvedIntents } from "#lib/audit/queries.ts";
import { type Repeating, repeating } from "#lib/clock/repeating.ts";
import { logOf } from "#lib/log.ts";
import { lateSeconds } from "#lib/operations/close-intent.ts";
import type { Ports } from "#lib/operations/ports.ts";
import { resolveIntent } from "#lib/operations/resolve-intent.ts";

/**
 * Calls of operations that have ended, written down and never answered: the executor leaves none, a restored or
 * mended database may have some. Whoever holds an operation looks after those that have not ended.
 */
export function startIntentCheck(ports: Ports): Repeating {
  const log = logOf("jobs");
  return repeating({
    everySeconds: 60,
    async work(isStopped) {
      for (const intent of await unresolvedIntents({ olderThanSeconds: lateSeconds })) {
        if (isStopped()) return;
        const operation = intent.operationId === null ? null : await ports.store.find(intent.operationId);
        if (operation !== null && operation.state !== "ended") continue;
        await resolveIntent(ports, intent);
      }
    },
    onError: (error) => log.warn("intents.not-resolved", {}, error),
  });
}
