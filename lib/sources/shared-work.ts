import "server-only";
import { callTimeoutSeconds } from "./contract.ts";
import { networkFailure } from "./network-failure.ts";

/** Work that many calls need and one of them begins, such as a login. */
export type SharedWork<T> = {
  /** Waits for the work that is under way, else begins this one; no longer than the signal lets it. */
  do(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** When what is under way has come to its end, good or bad, or the signal says so. */
  rest(signal: AbortSignal): Promise<void>;
};

/** It has a whole call's time of its own, and goes on where the call that began it has given up. */
export function sharedWork<T>(name: string): SharedWork<T> {
  let running: Promise<T> | null = null;
  return {
    async do(signal, work) {
      running ??= work(AbortSignal.timeout(callTimeoutSeconds * 1000)).finally(() => {
        running = null;
      });
      try {
        return await within(signal, running);
      } catch (error) {
        throw signal.aborted ? networkFailure(name, error) : error;
      }
    },
    async rest(signal) {
      if (running) await within(signal, running).catch(() => null);
    },
  };
}

function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
