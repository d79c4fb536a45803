import "server-only";
import { isAppError } from "#lib/errors.ts";
import { logOf } from "#lib/log.ts";
import type { SwarmChange, SwarmSnapshot } from "#lib/swarm/schema.ts";
import { connectedCluster, findMissedChanges } from "./outside-missed.ts";
import { recordChange } from "./outside-record.ts";

/** What of the live index is needed here. */
export type ChangeSource = {
  snapshot(): SwarmSnapshot;
  /** Until the whole Swarm was read anew, or could not be. */
  refreshed(): Promise<unknown>;
  subscribe(listener: (snapshot: SwarmSnapshot) => void): () => void;
  onChange(listener: (change: SwarmChange) => void): () => void;
};

/** When Postgres is away for long, the oldest are given up: what can still be seen shows as drift. */
const mostWaiting = 10_000;

/**
 * Writes down what changes in the Swarm without Skep, one change after another; at first, what changed while no Skep ran.
 * Postgres away means later, not never. Call the returned function to stop: what is being written is waited for.
 */
export function recordOutsideChanges(live: ChangeSource, options: { retrySeconds?: number } = {}): () => Promise<void> {
  const { retrySeconds = 2 } = options;
  const log = logOf("audit");
  const waiting: { clusterId: string; change: SwarmChange }[] = [];
  const compared = new Set<string>();
  let working: Promise<void> | null = null;
  let isStopped = false;

  const wake = () => {
    working ??= work().finally(() => {
      working = null;
      if (waiting.length > 0 && !isStopped) wake();
    });
  };
  const ends = [
    live.onChange((change) => {
      const clusterId = live.snapshot().cluster?.id;
      if (clusterId === undefined) return;
      waiting.push({ clusterId, change });
      if (waiting.length > mostWaiting) waiting.shift();
      wake();
    }),
    live.subscribe(wake),
  ];
  wake();

  async function work(): Promise<void> {
    while (!isStopped) {
      try {
        await compareOnce();
        const next = waiting[0];
        if (!next) return;
        await recordChange(next.clusterId, next.change).catch(refusedOnly);
        if (waiting[0] === next) waiting.shift();
      } catch (error) {
        log.warn("outside-change.not-recorded", { waiting: waiting.length }, error);
        await pause(retrySeconds);
      }
    }
  }

  /** A line that the history will never take is given up, or all that comes after it would wait for ever. */
  function refusedOnly(error: unknown): void {
    if (!isAppError(error, "audit-refused")) throw error;
    log.error("outside-change.refused", error);
  }

  async function compareOnce(): Promise<void> {
    const clusterId = connectedCluster(live.snapshot());
    if (clusterId === null || compared.has(clusterId)) return;
    const missed = await findMissedChanges(clusterId, live);
    if (missed === null) return;
    compared.add(clusterId);
    waiting.unshift(...missed.map((change) => ({ clusterId, change })));
  }

  return async () => {
    isStopped = true;
    for (const end of ends) end();
    await working;
  };
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
