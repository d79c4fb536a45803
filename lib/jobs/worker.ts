import "server-only";
import { isAppError } from "#lib/errors.ts";
import { logOf } from "#lib/log.ts";
import { takeUp, type Work } from "#lib/operations/advance.ts";
import type { Ports } from "#lib/operations/ports.ts";
import { type Lease, type Leased, renewSeconds } from "#lib/operations/store-port.ts";

export type WorkerOptions = {
  ports: Ports;
  /** Who holds the leases, for a person who looks into the table. */
  owner: string;
  /** Calls back with the ID of an operation that has something to do; null when any may have. */
  listen: (handler: (operationId: string | null) => void) => () => void;
  /** A notification may be lost, and a time may come: how often all due operations are looked for. */
  scanSeconds?: number;
  onEnded?: () => void;
};

export type Worker = { stop(): Promise<void> };

/** More than this, and memory and connections are what limits; the rest waits for the next scan. */
const mostAtOnce = 20;
/** Shorter waits are slept with the lease in hand; for longer ones it is handed back. */
const longWaitSeconds = 5;
/** After a defect: soon enough to go on, seldom enough to be read in a log. */
const defectSeconds = 10;

/** Carries operations on: those that it is woken for, and every few seconds all that are due. */
export function startWorker(options: WorkerOptions): Worker {
  const { ports, owner, scanSeconds = 5, onEnded = () => undefined } = options;
  const log = logOf("jobs");
  const running = new Map<string, { ended: Promise<void>; wake: () => void }>();
  const stopping = new AbortController();

  let isBlind = false;
  async function scan(): Promise<void> {
    try {
      for (const id of await ports.store.findDue(mostAtOnce)) begin(id);
      isBlind = false;
    } catch (error) {
      if (!isBlind) log.warn("operations.not-scanned", {}, error);
      isBlind = true;
    }
  }

  function begin(id: string): void {
    if (stopping.signal.aborted || running.has(id) || running.size >= mostAtOnce) return;
    const nap = napper();
    const ended = carry(id, nap).finally(() => {
      running.delete(id);
      onEnded();
    });
    running.set(id, { ended, wake: nap.wake });
  }

  async function carry(id: string, nap: Napper): Promise<void> {
    let leased: Leased | null;
    try {
      leased = await ports.store.lease(id, owner);
    } catch (error) {
      return log.warn("operation.not-leased", { operationId: id }, error);
    }
    if (!leased) return;
    const { lease } = leased;
    const stopRenewing = renewing(ports, lease, log);
    try {
      await ports.store.release(lease, await workOn(takeUp(leased, ports), nap, stopping.signal));
    } catch (error) {
      await afterFailure(lease, error);
    } finally {
      stopRenewing();
    }
  }

  /** Without the database nothing can be handed back: the lease runs out, and whoever finds it goes on. */
  async function afterFailure(lease: Lease, error: unknown): Promise<void> {
    const facts = { operationId: lease.operationId };
    if (isAppError(error, "lease-lost") || isAppError(error, "database-unreachable")) {
      return log.warn("operation.let-go", facts, error);
    }
    log.error("operation.failed-to-go-on", error, facts);
    await ports.store.release(lease, defectSeconds).catch(() => undefined);
  }

  const timer = setInterval(() => void scan(), scanSeconds * 1000);
  const unlisten = options.listen((id) => {
    if (id === null) return void scan();
    const known = running.get(id);
    if (known) known.wake();
    else begin(id);
  });
  void scan();

  return {
    async stop() {
      stopping.abort();
      clearInterval(timer);
      unlisten();
      for (const { wake } of running.values()) wake();
      await Promise.all([...running.values()].map(({ ended }) => ended));
    },
  };
}

/** Until the end, a long wait, or the end of this process: returns when to go on. */
async function workOn(work: Work, nap: Napper, stop: AbortSignal): Promise<number | null> {
  while (!stop.aborted) {
    const progress = await work.goOn();
    if (progress.state !== "open") return null;
    if (progress.waitSeconds > longWaitSeconds) return progress.waitSeconds;
    if (!stop.aborted && (await nap.sleep(progress.waitSeconds))) work.notice();
  }
  return 0;
}

function renewing({ store }: Ports, lease: Lease, log: ReturnType<typeof logOf>): () => void {
  const timer = setInterval(() => {
    store.renew(lease).catch((error: unknown) => {
      log.warn("operation.lease-not-renewed", { operationId: lease.operationId }, error);
    });
  }, renewSeconds * 1000);
  return () => clearInterval(timer);
}

type Napper = { wake(): void; sleep(seconds: number): Promise<boolean> };

/** A sleep that ends early, with true, when somebody wakes it; a call that comes before it counts. */
function napper(): Napper {
  let isWoken = false;
  let end: (() => void) | null = null;
  return {
    wake() {
      isWoken = true;
      end?.();
    },
    async sleep(seconds) {
      if (!isWoken) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, seconds * 1000);
          end = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      const woken = isWoken;
      isWoken = false;
      end = null;
      return woken;
    },
  };
}
