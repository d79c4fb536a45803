import "server-only";

/** Calls `next` after so many seconds; the returned function takes that back. */
export type Wait = (seconds: number, next: () => void) => () => void;

export type Repeating = {
  /** Do it now; if it is being done, once more after that. */
  wake(): void;
  /** No more of it. Resolves when what is under way has ended. */
  stop(): Promise<void>;
};

/**
 * Does the work now, and again so many seconds after each end, never twice at once. Without `everySeconds` it is done
 * when woken, and after an error. Long work asks `isStopped` whether to go on.
 */
export function repeating({
  everySeconds,
  afterErrorSeconds = everySeconds,
  work,
  onError,
  wait = waitOf,
}: {
  everySeconds: number | null;
  afterErrorSeconds?: number | null;
  work: (isStopped: () => boolean) => Promise<void>;
  onError: (error: unknown) => void;
  wait?: Wait;
}): Repeating {
  let isStopped = false;
  let isWanted = false;
  let working: Promise<void> | null = null;
  let cancel = () => {};

  async function once(): Promise<number | null> {
    try {
      await work(() => isStopped);
      return everySeconds;
    } catch (error) {
      onError(error);
      return afterErrorSeconds;
    }
  }
  async function run(): Promise<void> {
    while (isWanted && !isStopped) {
      isWanted = false;
      cancel();
      const seconds = await once();
      if (seconds !== null && !isStopped && !isWanted) cancel = wait(seconds, wake);
    }
    working = null;
  }
  function wake(): void {
    isWanted = true;
    if (!isStopped) working ??= run();
  }
  wake();
  return {
    wake,
    async stop() {
      isStopped = true;
      cancel();
      await working;
    },
  };
}

function waitOf(seconds: number, next: () => void): () => void {
  const timer = setTimeout(next, seconds * 1000);
  timer.unref();
  return () => clearTimeout(timer);
}
