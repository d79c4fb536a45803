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
  /** How often all due operations are looked for: a notification may be lost, and some operations wait for a time. */
  scanSeconds?: number;
  onEnded?: () => void;
};

/** More at work at once would only compete for connections; the rest waits for the next scan. */
const mostAtWork = 20;
/** Those that sleep through a soak, or until a service is free, cost memory and no more. */
const mostInHand = 500;
/**
 * Shorter waits are slept with the lease in hand; for longer ones it is handed back. Whoever takes it up gives every
 * deadline its whole time again, so the pause after a slow look at a large Swarm has to be a shorter one.
 */
const longWaitSeconds = 25;
/** After a defect: soon enough to go on, seldom enough to be read in a log. */
const defectSeconds = 10;

export type Worker = { stop(): Promise<void> };

/** Carries operations on: those that it is woken for, and every few seconds all that are due. */
export function startWorker(options: WorkerOptions): Worker {
  const carrier = new Carrier(options);
  const timer = setInterval(() => void carrier.scan(), (options.scanSeconds ?? 5) * 1000);
  const unlisten = options.listen((id) => carrier.wake(id));
  void carrier.scan();
  return {
    async stop() {
      clearInterval(timer);
      unlisten();
      await carrier.stop();
    },
  };
}

class Carrier {
  readonly #options: WorkerOptions;
  readonly #log = logOf("jobs");
  readonly #running = new Map<string, { ended: Promise<void>; nap: Nap }>();
  readonly #stopping = new AbortController();
  #isBlind = false;

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  /** Takes up what is due. While that fails, the log says so once. */
  async scan(): Promise<void> {
    try {
      for (const id of await this.#options.ports.store.findDue(mostAtWork)) this.#begin(id);
      this.#isBlind = false;
    } catch (error) {
      if (!this.#isBlind) this.#log.warn("operations.not-scanned", {}, error);
      this.#isBlind = true;
    }
  }

  wake(id: string | null): void {
    if (id === null) void this.scan();
    else if (this.#running.has(id)) this.#running.get(id)?.nap.wake();
    else this.#begin(id);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    const running = [...this.#running.values()];
    for (const { nap } of running) nap.wake();
    await Promise.all(running.map(({ ended }) => ended));
  }

  #begin(id: string): void {
    if (this.#stopping.signal.aborted || this.#running.has(id) || !this.#hasRoom()) return;
    const nap = new Nap();
    const ended = this.#carry(id, nap).finally(() => {
      this.#running.delete(id);
      this.#options.onEnded?.();
    });
    this.#running.set(id, { ended, nap });
  }

  #hasRoom(): boolean {
    const running = [...this.#running.values()];
    const atWork = running.filter(({ nap }) => !nap.isAsleep).length;
    return atWork < mostAtWork && running.length < mostInHand;
  }

  async #carry(id: string, nap: Nap): Promise<void> {
    const { ports, owner } = this.#options;
    let leased: Leased | null = null;
    try {
      leased = await ports.store.lease(id, owner);
    } catch (error) {
      this.#log.warn("operation.not-leased", { operationId: id }, error);
    }
    if (!leased) return;
    const { lease } = leased;
    const timer = setInterval(() => this.#renew(lease), renewSeconds * 1000);
    const work = takeUp(leased, ports);
    try {
      await ports.store.release(lease, await workOn(work, nap, this.#stopping.signal));
      this.#tell(work);
    } catch (error) {
      await this.#afterFailure(lease, error);
    } finally {
      clearInterval(timer);
      work.forget();
    }
  }

  /** R15: in the log, too, for those who watch that. */
  #tell({ operation: { id: operationId, kind, state, outcome, attention } }: Work): void {
    const because = attention?.because;
    if (state === "needs-attention") this.#log.warn("operation.needs-attention", { operationId, kind, because });
    if (state === "ended") this.#log.info("operation.ended", { operationId, kind, outcome });
  }

  #renew(lease: Lease): void {
    this.#options.ports.store.renew(lease).catch((error: unknown) => {
      this.#log.warn("operation.lease-not-renewed", { operationId: lease.operationId }, error);
    });
  }

  /** Without the database nothing can be handed back: the lease runs out, and whoever finds it goes on. */
  async #afterFailure(lease: Lease, error: unknown): Promise<void> {
    const facts = { operationId: lease.operationId };
    if (isAppError(error, "lease-lost") || isAppError(error, "database-unreachable")) {
      this.#log.warn("operation.let-go", facts, error);
      return;
    }
    this.#log.error("operation.failed-to-go-on", error, facts);
    await this.#options.ports.store.release(lease, defectSeconds).catch(() => undefined);
  }
}

/** Until the end, a long wait, or the end of this process: returns when to go on. */
async function workOn(work: Work, nap: Nap, stop: AbortSignal): Promise<number | null> {
  while (!stop.aborted) {
    const progress = await work.goOn();
    if (progress.state !== "open") return null;
    if (progress.waitSeconds > longWaitSeconds) return progress.waitSeconds;
    if (!stop.aborted && (await nap.sleep(progress.waitSeconds))) work.notice();
  }
  return 0;
}

/** A sleep that ends early, with true, when somebody wakes it; a call that comes before it counts. */
class Nap {
  #isWoken = false;
  #end: (() => void) | null = null;

  get isAsleep(): boolean {
    return this.#end !== null;
  }

  wake(): void {
    this.#isWoken = true;
    this.#end?.();
  }

  async sleep(seconds: number): Promise<boolean> {
    if (!this.#isWoken) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, seconds * 1000);
        this.#end = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    const woken = this.#isWoken;
    this.#isWoken = false;
    this.#end = null;
    return woken;
  }
}
