import { constants } from "node:os";

/**
 * What is done when somebody ends this process from outside. A terminal's Ctrl-C reaches it twice, by itself and by the
 * launcher that passes it on, and people press it again: the first one begins the end, and none of the others cuts it short.
 */
export function endOnSignal(end: () => Promise<unknown>): { isEnding(): boolean } {
  let isEnding = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, async () => {
      if (isEnding) return;
      isEnding = true;
      try {
        await end();
      } finally {
        process.exit(128 + constants.signals[signal]);
      }
    });
  }
  return { isEnding: () => isEnding };
}
