import "server-only";

/** Resolves after the time, or at once with the signal. `cut` ends it early. */
export function rest(milliseconds: number, signal: AbortSignal): { over: Promise<void>; cut: () => void } {
  if (milliseconds <= 0 || signal.aborted) return { over: Promise.resolve(), cut: () => undefined };
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = () => {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
    resolve();
  };
  const timer = setTimeout(end, milliseconds);
  signal.addEventListener("abort", end);
  return { over: promise, cut: end };
}

/** Ends with the work, or at once when stopped; what the work still waits for has a time limit of its own. */
export async function orStopped(work: Promise<void>, stop: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = () => resolve();
  stop.addEventListener("abort", end);
  try {
    await Promise.race([work, promise]);
  } finally {
    stop.removeEventListener("abort", end);
  }
}

/** Lets go of everybody who waits. */
export function release(waiting: readonly (() => void)[]): void {
  for (const resolve of waiting) resolve();
}
