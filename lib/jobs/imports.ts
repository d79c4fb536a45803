import "server-only";
import { type Repeating, repeating } from "#lib/clock/repeating.ts";
import { listen } from "#lib/db/notify.ts";
import { isAppError } from "#lib/errors.ts";
import { beginItem } from "#lib/imports/begin.ts";
import { settleItem } from "#lib/imports/settle.ts";
import {
  type ClaimedItem,
  claimToBegin,
  claimToSettle,
  itemFailed,
  itemIsFree,
  itemWaits,
  sourcesToImportFrom,
} from "#lib/imports/store.ts";
import { logOf } from "#lib/log.ts";
import { isOutage } from "#lib/operations/failures.ts";
import type { Ports } from "#lib/operations/ports.ts";
import { openedSource } from "#lib/settings/opened-sources.ts";
import type { Source } from "#lib/sources/contract.ts";
import { isSourceFailure, type SourceFailure } from "#lib/sources/failure.ts";
import { isOfWholeSource, whoseFailure, wordsOf } from "./source-failures.ts";
import { sourceAnswered, sourceFailed } from "./sync-store.ts";

export type ImportOptions = {
  ports: Ports;
  /** The Swarm that is followed now; null as long as none is known. */
  clusterId: () => string | null;
  open?: (sourceId: string) => Promise<Source>;
  scanSeconds?: number;
};

/** Secrets of one source that are under way at a time, over all instances. */
const atOnce = 4;
/** Bindings are a commit each and ask nobody. */
const settledAtOnce = 20;
/** How long the Swarm is left alone that cannot take a new secret just now. */
const pauseSeconds = 10;

/**
 * Carries imports on, whoever began them: what is due is claimed in Postgres, item by item. Each source has a round of
 * its own, so that one that is down holds up no other. It does not stop while automatic work is paused: a person asked.
 */
export function startImports(options: ImportOptions): Repeating {
  const { clusterId, scanSeconds = 5 } = options;
  const rounds = new Map<string, Promise<void>>();
  const missed = new Set<string>();
  const scanning = repeating({
    everySeconds: scanSeconds,
    async work(isStopped) {
      const cluster = clusterId();
      if (cluster === null) return;
      for (const sourceId of await sourcesToImportFrom(cluster)) {
        if (isStopped()) return;
        if (rounds.has(sourceId)) missed.add(sourceId);
        else begin(sourceId, cluster, isStopped);
      }
    },
    onError: (error) => log.warn("imports.not-scanned", {}, error),
  });
  function begin(sourceId: string, cluster: string, isStopped: () => boolean): void {
    const round = new Round({ sourceId, clusterId: cluster }, { ...options, isStopped }).go();
    rounds.set(sourceId, round);
    void round.finally(() => {
      rounds.delete(sourceId);
      // What was told meanwhile may have come after its last look.
      if (missed.delete(sourceId)) scanning.wake();
    });
  }
  const unlisten = listen("skep_changed", (table) => (wakes.has(table) ? scanning.wake() : undefined));
  return {
    wake: scanning.wake,
    async stop() {
      unlisten();
      await scanning.stop();
      await Promise.all(rounds.values());
    },
  };
}

const wakes: ReadonlySet<string | null> = new Set(["ImportItem", "Operation", "Source", null]);

/** All that can go on at one source. */
class Round {
  readonly #scope: { sourceId: string; clusterId: string };
  readonly #options: ImportOptions & { isStopped: () => boolean };

  constructor(scope: { sourceId: string; clusterId: string }, options: ImportOptions & { isStopped: () => boolean }) {
    this.#scope = scope;
    this.#options = options;
  }

  /** Never fails: what goes wrong is on the item, on its source's own row, or in the log. */
  async go(): Promise<void> {
    try {
      while (!this.#options.isStopped() && (await this.#goOn()));
    } catch (error) {
      log.warn("imports.not-carried-on", { sourceId: this.#scope.sourceId }, error);
    }
  }

  /** What is due now; false where nothing is. */
  async #goOn(): Promise<boolean> {
    const ended = await claimToSettle(this.#scope, settledAtOnce);
    await Promise.all(ended.map((item) => this.#settle(item)));
    const waiting = await claimToBegin(this.#scope, atOnce);
    const failures = await Promise.all(waiting.map((item) => this.#begin(item)));
    await this.#tellOfSource(failures);
    return ended.length > 0 || waiting.length > 0;
  }

  async #settle(item: ClaimedItem): Promise<void> {
    try {
      await settleItem(item, this.#options.ports);
    } catch (error) {
      if (isAppError(error, "lease-lost")) return;
      log.warn("import.not-settled", { itemId: item.id }, error);
      await this.#write(itemIsFree(item, pauseSeconds));
    }
  }

  /** Why its source as a whole may give nothing; null where it answered, be it only that it has nothing there. */
  async #begin(item: ClaimedItem): Promise<SourceFailure | null> {
    const { open = openedSource, ports } = this.#options;
    try {
      await beginItem(item, await open(item.sourceId), ports);
      return null;
    } catch (error) {
      await this.#write(afterError(item, error));
      return isSourceFailure(error) && isOfWholeSource(error) ? error : null;
    }
  }

  /** Once for all that asked it: the pause grows with each time that it was told so. One path alone says nothing of the others. */
  async #tellOfSource(failures: readonly (SourceFailure | null)[]): Promise<void> {
    const { sourceId } = this.#scope;
    const certain = failures.find((each) => each !== null && whoseFailure(each) === "source");
    const [doubted] = failures.length > 1 && failures.every((each) => each !== null) ? failures : [];
    const failure = certain ?? doubted;
    if (!failure) {
      if (failures.some((each) => each === null)) await this.#write(sourceAnswered(sourceId, new Date()));
      return;
    }
    log.warn("source.failed", { sourceId, pauseSeconds: failure.pauseSeconds }, failure);
    return this.#write(sourceFailed(sourceId, { ...wordsOf(failure), pauseSeconds: failure.pauseSeconds }));
  }

  /** What cannot be written down is found again when its lease has ended. */
  async #write(work: Promise<void>): Promise<void> {
    await work.catch((error: unknown) => log.warn("import.not-written", { sourceId: this.#scope.sourceId }, error));
  }
}

const log = logOf("jobs");

/** What is wrong with one is its own; what is wrong with the source or the Swarm is waited for. */
async function afterError(item: ClaimedItem, error: unknown): Promise<void> {
  // Whoever has it by now, or takes it up when Postgres is back, finds out what holds.
  if (isAppError(error, "lease-lost") || isAppError(error, "database-unreachable")) return;
  const why = wordsOf(error);
  if (isSourceFailure(error) && isOfWholeSource(error)) {
    return itemWaits(item, why, whoseFailure(error) === "source" ? 0 : longer(item.attempts));
  }
  log.warn("import.not-begun", { itemId: item.id, sourceId: item.sourceId }, error);
  if (isOutage(error) || isAppError(error, "read-only") || isAppError(error, "plan-changed")) {
    return itemWaits(item, why, pauseSeconds);
  }
  return itemFailed(item, why);
}

/** One that may be at fault itself lets the others go first: in seconds, a minute at first, at most a quarter of an hour. */
function longer(attempts: number): number {
  return Math.min(900, 30 * 2 ** Math.min(attempts, 10));
}
