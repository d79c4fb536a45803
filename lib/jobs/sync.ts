import "server-only";
import { type Repeating, repeating } from "#lib/clock/repeating.ts";
import { listen } from "#lib/db/notify.ts";
import { isAppError } from "#lib/errors.ts";
import { logOf } from "#lib/log.ts";
import type { Ports } from "#lib/operations/ports.ts";
import { beginAt, type DueBinding, lookAtBinding } from "#lib/rotation/sync.ts";
import { openedSource } from "#lib/settings/opened-sources.ts";
import type { Source } from "#lib/sources/contract.ts";
import { isSourceFailure, type SourceFailure } from "#lib/sources/failure.ts";
import { whoseFailure, wordsOf } from "./source-failures.ts";
import {
  allLooked,
  bindingFailed,
  bindingLooked,
  claimDue,
  dueSources,
  sourceAnswered,
  sourceFailed,
} from "./sync-store.ts";

export type SyncOptions = {
  ports: Ports;
  /** The Swarm that is followed now; null as long as none is known. */
  clusterId: () => string | null;
  open?: (sourceId: string) => Promise<Source>;
  scanSeconds?: number;
  /** How long after a look the next one is due. */
  everySeconds?: number;
};

/** Questions to one source at a time. */
const atOnce = 8;
/** So many failures in a row that may be the source's own, after it has answered about others: it is gone. */
const goneAfter = 3 * atOnce;
/** Bindings that one instance claims at a time, ahead of those that it asks about: few enough that another one gets its share. */
const batch = 200;

/**
 * Looks at every bound secret's source again and again. Each source has a round of its own: one that is slow or down
 * holds up no other. What is due is claimed in Postgres, so that two instances share the work and do nothing twice.
 */
export function startSync(options: SyncOptions): Repeating {
  const { clusterId, scanSeconds = 5 } = options;
  const rounds = new Map<string, Promise<void>>();
  const scanning = repeating({
    everySeconds: scanSeconds,
    async work(isStopped) {
      const cluster = clusterId();
      if (cluster === null) return;
      for (const sourceId of await dueSources(cluster)) {
        if (isStopped() || rounds.has(sourceId)) continue;
        const round = goRound(sourceId, cluster, { ...options, isStopped });
        rounds.set(sourceId, round);
        void round.finally(() => rounds.delete(sourceId));
      }
    },
    onError: (error) => log.warn("sources.not-scanned", {}, error),
  });
  const unlisten = listen("skep_changed", (table) => table === "Binding" && scanning.wake());
  return {
    wake: scanning.wake,
    async stop() {
      unlisten();
      await scanning.stop();
      await Promise.all(rounds.values());
    },
  };
}

type RoundOptions = Pick<SyncOptions, "ports" | "open" | "everySeconds"> & { isStopped: () => boolean };

/** Looks at everything that is due at one source. Never fails. */
export async function goRound(sourceId: string, clusterId: string, options: RoundOptions): Promise<void> {
  await new Round(sourceId, clusterId, options).go();
}

/** What failed before anything was answered. */
type Doubt = { binding: DueBinding; error: SourceFailure };

class Round {
  readonly #sourceId: string;
  readonly #clusterId: string;
  readonly #options: RoundOptions;
  /** Looked at, nothing wrong, and not yet written down. */
  readonly #fine: DueBinding[] = [];
  /** Newest versions that the Swarm may want, by path, and of whom that is not yet written down. */
  readonly #wanted = new Map<string, { newestId: string; bindings: DueBinding[] }>();
  readonly #doubts: Doubt[] = [];
  #hasAnswered = false;
  /** Failures since the last answer that may be the source's. */
  #inARow = 0;
  #written: Promise<void> = Promise.resolve();

  constructor(sourceId: string, clusterId: string, options: RoundOptions) {
    this.#sourceId = sourceId;
    this.#clusterId = clusterId;
    this.#options = options;
  }

  /** Never fails: what goes wrong is on the source's own row, or in the log where even that cannot be written. */
  async go(): Promise<void> {
    try {
      const { open = openedSource } = this.#options;
      const source = await open(this.#sourceId);
      const due = this.#due();
      const ends = await Promise.allSettled(Array.from({ length: atOnce }, () => this.#carryOn(due, source)));
      this.#write();
      await this.#written;
      await this.#beginWanted(source);
      const failed = ends.find((end) => end.status === "rejected");
      if (failed) throw failed.reason;
      await this.#settleDoubts();
    } catch (error) {
      await this.#sourceFailed(error);
    }
  }

  /** Claims while the source is asked about what was claimed before, so that neither it nor Postgres is waited for in turns. */
  async *#due(): AsyncGenerator<DueBinding, void> {
    let next = this.#claim();
    try {
      for (let isMore = true; isMore; ) {
        const claimed = await next;
        isMore = claimed.length === batch && !this.#options.isStopped();
        if (isMore) next = this.#claim();
        for (const binding of claimed) yield binding;
      }
    } finally {
      await next.catch(() => undefined);
    }
  }

  #claim(): Promise<DueBinding[]> {
    const { everySeconds = 60 } = this.#options;
    const claim = claimDue(this.#sourceId, this.#clusterId, { limit: batch, everySeconds });
    // Whoever waits for it hears of it; until then nobody does.
    claim.catch(() => undefined);
    return claim;
  }

  /** Whoever leaves the loop, by an error too, ends it for all. */
  async #carryOn(due: AsyncGenerator<DueBinding, void>, source: Source): Promise<void> {
    for await (const binding of due) {
      if (this.#options.isStopped()) return;
      if (await this.#look(binding, source)) this.#fine.push(binding);
      if (this.#fine.length >= batch) this.#write();
    }
  }

  /** While the next questions are asked. What fails is thrown at the end of the round. */
  #write(): void {
    const fine = this.#fine.splice(0);
    this.#then(() => allLooked(fine));
  }

  #then(work: () => Promise<void>): void {
    this.#written = this.#written.then(work);
    this.#written.catch(() => undefined);
  }

  /** Be it only that there is nothing, or that Skep may not see it. */
  #answered({ claimedAt }: DueBinding): void {
    this.#inARow = 0;
    if (this.#hasAnswered) return;
    this.#hasAnswered = true;
    this.#then(() => sourceAnswered(this.#sourceId, claimedAt));
  }

  /** Whether nothing is wrong with it, and nothing to be begun; else that is written down. Fails where not this one is at fault. */
  async #look(binding: DueBinding, source: Source): Promise<boolean> {
    try {
      const looked = await lookAtBinding(binding, source);
      this.#answered(binding);
      await bindingLooked(binding, looked);
      if (!looked.mayBegin || looked.newestId === null) return looked.because === null;
      const { bindings = [] } = this.#wanted.get(binding.path) ?? {};
      this.#wanted.set(binding.path, { newestId: looked.newestId, bindings: [...bindings, binding] });
      return false;
    } catch (error) {
      if (isAppError(error, "database-unreachable")) throw error;
      const whose = isSourceFailure(error) ? whoseFailure(error) : "path";
      if (whose === "source") throw error;
      if (whose === "path" && isSourceFailure(error)) this.#answered(binding);
      else if (++this.#inARow >= goneAfter) throw error;
      if (whose === "path" || this.#hasAnswered) await this.#pathFailed(binding, error);
      else this.#doubt({ binding, error: error as SourceFailure });
      return false;
    }
  }

  /** As many in a row as are asked at once, and nothing in between: it is the source. */
  #doubt(doubt: Doubt): void {
    this.#doubts.push(doubt);
    if (this.#doubts.length >= atOnce && !this.#hasAnswered) throw doubt.error;
  }

  /** The source answered about another path, so these are the paths' own; else it is the source. */
  async #settleDoubts(): Promise<void> {
    const [first] = this.#doubts;
    if (first && !this.#hasAnswered) throw first.error;
    for (const { binding, error } of this.#doubts) await this.#pathFailed(binding, error);
  }

  async #beginWanted(source: Source): Promise<void> {
    for (const [path, { newestId, bindings }] of this.#wanted) {
      if (this.#options.isStopped()) return;
      const place = { sourceId: this.#sourceId, path, newestId };
      try {
        const because = await beginAt(place, this.#clusterId, { source, ports: this.#options.ports });
        if (because) for (const binding of bindings) await bindingFailed(binding, because);
        else await allLooked(bindings);
      } catch (error) {
        if (isAppError(error, "database-unreachable")) throw error;
        for (const binding of bindings) await this.#pathFailed(binding, error);
      }
    }
  }

  async #pathFailed(binding: DueBinding, error: unknown): Promise<void> {
    log.warn("secret.not-synced", { secretId: binding.secretId, sourceId: this.#sourceId }, error);
    const pauseSeconds = isSourceFailure(error) ? error.pauseSeconds : 0;
    await bindingFailed(binding, { ...wordsOf(error), pauseSeconds });
  }

  async #sourceFailed(error: unknown): Promise<void> {
    const pauseSeconds = isSourceFailure(error) ? error.pauseSeconds : 60;
    log.warn("source.failed", { sourceId: this.#sourceId, pauseSeconds }, error);
    if (isAppError(error, "database-unreachable")) return;
    await sourceFailed(this.#sourceId, { ...wordsOf(error), pauseSeconds }).catch((cause: unknown) =>
      log.warn("source.not-marked", { sourceId: this.#sourceId }, cause),
    );
  }
}

const log = logOf("jobs");
