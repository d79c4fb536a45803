import { setTimeout as delay } from "node:timers/promises";
import { report, reportFailure } from "./console.ts";

const stopSeconds = 40;

class Interrupted extends Error {}

/** From the first step to the last stop: whatever ends the process, all that was started is stopped, last first. */
export class Lifetime {
  readonly #stops: { name: string; stop: () => Promise<unknown> }[] = [];
  readonly #steps = new Set<Promise<unknown>>();
  #ending: Promise<void> | null = null;

  get isEnding(): boolean {
    return this.#ending !== null;
  }

  async run(start: (lifetime: Lifetime) => Promise<void>): Promise<void> {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => this.#end(0));
    for (const crash of ["uncaughtException", "unhandledRejection"] as const) {
      process.on(crash, (error) => this.#end(1, error));
    }
    try {
      await start(this);
    } catch (error) {
      if (!this.isEnding) await this.#end(1, error);
    }
  }

  /** What must be done at the end. The last one that was registered is the first one done. */
  onStop(name: string, stop: () => Promise<unknown>): void {
    this.#stops.push({ name, stop });
  }

  /** Work that the end waits for, because it starts things; after it nothing further begins. */
  async step<Result>(work: Promise<Result>): Promise<Result> {
    this.#steps.add(work);
    await Promise.allSettled([work]);
    this.#steps.delete(work);
    if (this.isEnding) throw new Interrupted();
    return work;
  }

  #end(exitCode: number, error?: unknown): Promise<void> {
    if (error !== undefined) reportFailure(error);
    this.#ending ??= this.#stopAll(exitCode);
    return this.#ending;
  }

  async #stopAll(exitCode: number): Promise<void> {
    const wasStarted = this.#stops.length > 1;
    if (wasStarted) report("Stopping");
    const cutOff = setTimeout(() => {
      process.stderr.write(
        `Not everything stopped within ${stopSeconds} seconds. The next start takes over what is left.\n`,
      );
      process.exit(1);
    }, stopSeconds * 1000);
    while (this.#steps.size > 0) await Promise.race([Promise.allSettled(this.#steps), delay(1000)]);
    let code = exitCode;
    for (let last = this.#stops.pop(); last; last = this.#stops.pop()) {
      try {
        await last.stop();
      } catch (error) {
        code = 1;
        process.stderr.write(`${last.name} did not stop as it should.\n`);
        reportFailure(error);
      }
    }
    clearTimeout(cutOff);
    if (wasStarted) report(code === 0 ? "Stopped" : "Stopped, not all of it as it should be");
    process.exit(code);
  }
}
