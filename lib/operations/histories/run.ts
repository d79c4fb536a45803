import "server-only";
import type { Progress, Work } from "../advance.ts";
import type { Ports } from "../ports.ts";
import type { Lease } from "../store-port.ts";

/** One worker's, or one request's, hold on one operation. When it dies, nothing of it goes on and nothing comes back. */
export class Run {
  readonly worker: string;
  operationId: string;
  ports: Ports | null = null;
  work: Work | null = null;
  lease: Lease | null = null;
  wakeAt = 0;
  isDead = false;
  /** It was shown an older state within this round, or another hand came in between. */
  isDisturbed = false;
  /** Calls since its round began: one that never comes to a wait is caught by it. */
  calls = 0;
  /** What it was doing when it was stalled. */
  pending: Promise<Progress> | null = null;
  /** Looks in a row that found a Swarm in which nothing happens. */
  idleLooks = 0;
  isStalled = false;
  /** It was stalled within this round: what it sends now is what it had in hand before. */
  isLate = false;
  #over: Promise<void> = Promise.resolve();
  readonly died: Promise<"died">;
  stalled: Promise<"stalled">;
  #freeze: () => void = () => undefined;
  #die: () => void = () => undefined;

  constructor(worker: string, operationId: string) {
    this.worker = worker;
    this.operationId = operationId;
    this.died = new Promise((resolve) => {
      this.#die = () => resolve("died");
    });
    this.stalled = this.#untilStalled();
  }

  /** Until it is told to go on, it does nothing, and nobody waits for it. */
  stall(until: (goOn: () => void) => void): void {
    if (this.isStalled) return;
    this.#over = new Promise<void>((resolve) => {
      until(() => {
        this.isStalled = false;
        this.wakeAt = 0;
        this.stalled = this.#untilStalled();
        resolve();
      });
    });
    this.isStalled = true;
    this.isLate = true;
    this.#freeze();
  }

  /** As long as the process stands still, so does each of its calls. */
  thawed(): Promise<void> {
    return this.#over;
  }

  #untilStalled(): Promise<"stalled"> {
    return new Promise((resolve) => {
      this.#freeze = () => resolve("stalled");
    });
  }

  die(): void {
    this.isDead = true;
    this.#die();
  }
}

export function never(): Promise<never> {
  return new Promise(() => undefined);
}
