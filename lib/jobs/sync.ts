import "server-only";
import { type Repeating, repeating } from "#lib/clock/repeating.ts";
import { listen } from "#lib/db/notify.ts";
import { isAppError } from "#lib/errors.ts";
import { logOf } from "#lib/log.ts";
import type { Ports } from "#lib/operations/ports.ts";
import { type DueBinding, lookAtBinding } from "#lib/rotation/sync.ts";
import { openedSource } from "#lib/settings/opened-sources.ts";
import type { Source } from "#lib/sources/contract.ts";
import { isSourceFailure } from "#lib/sources/failure.ts";
import { isOfWholeSource, wordsOf } from "./source-failures.ts";
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

/** `told`: what is wrong with it is written down. `source-failed`: the source itself is left alone from now on. */
type LookEnd = "fine" | "told" | "source-failed";

/** Questions to one source at a time. */
const atOnce = 8;
/** Bindings that one instance claims at a time: few enough that another one gets its share. */
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
        const round = new Round(sourceId, cluster, { ...options, isStopped }).go();
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

/** Everything that is due at one source. */
class Round {
  readonly #sourceId: string;
  readonly #clusterId: string;
  readonly #options: SyncOptions & { isStopped: () => boolean };

  constructor(sourceId: string, clusterId: string, options: SyncOptions & { isStopped: () => boolean }) {
    this.#sourceId = sourceId;
    this.#clusterId = clusterId;
    this.#options = options;
  }

  /** Never fails: what goes wrong is on the source's own row, or in the log where even that cannot be written. */
  async go(): Promise<void> {
    try {
      const { open = openedSource } = this.#options;
      const source = await open(this.#sourceId);
      while (!this.#options.isStopped() && (await this.#goOn(source)));
    } catch (error) {
      await this.#sourceFailed(error);
    }
  }

  /** One batch; false where nothing more is due, or the source failed. */
  async #goOn(source: Source): Promise<boolean> {
    const { everySeconds = 60, isStopped } = this.#options;
    const due = await claimDue(this.#sourceId, this.#clusterId, { limit: batch, everySeconds });
    if (due.length === 0) return false;
    const fine: string[] = [];
    let isFailing = false;
    const queue = due.values();
    const carryOn = async () => {
      for (const binding of queue) {
        if (isFailing || isStopped()) return;
        const end = await this.#look(binding, source);
        if (end === "fine") fine.push(binding.secretId);
        isFailing ||= end === "source-failed";
      }
    };
    await Promise.all(Array.from({ length: atOnce }, carryOn));
    await allLooked(fine);
    if (!isFailing) await sourceAnswered(this.#sourceId);
    return !isFailing;
  }

  async #look(binding: DueBinding, source: Source): Promise<LookEnd> {
    const { secretId } = binding;
    try {
      const looked = await lookAtBinding(binding, source, this.#options.ports);
      await bindingLooked(binding, looked);
      return looked.because ? "told" : "fine";
    } catch (error) {
      if (isAppError(error, "database-unreachable")) throw error;
      if (isSourceFailure(error) && isOfWholeSource(error)) {
        await this.#sourceFailed(error);
        return "source-failed";
      }
      const why = wordsOf(error);
      log.warn("secret.not-synced", { secretId, sourceId: this.#sourceId }, error);
      await bindingFailed(secretId, why);
      return "told";
    }
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
