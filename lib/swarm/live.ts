import "server-only";
import { type Clock, systemClock } from "#lib/clock.ts";
import type { SwarmEvents } from "./events.ts";
import type { SwarmGateway } from "./gateway.ts";
import { LiveFollower } from "./live-follower.ts";
import { type Pace, usualPace } from "./live-pace.ts";
import { emptySnapshot } from "./live-state.ts";
import type { SwarmChange, SwarmSnapshot } from "./schema.ts";

export type LiveIndex = {
  snapshot(): SwarmSnapshot;
  /** Called with each new revision. Returns how to stop that. */
  subscribe(listener: (snapshot: SwarmSnapshot) => void): () => void;
  /** Called with each change to a secret or to a service's references, Skep's own ones too; not for what the first reading finds. */
  onChange(listener: (change: SwarmChange) => void): () => void;
  /** Resolves once the whole Swarm was read after this call, or could not be: then the snapshot's connection says why. */
  refreshed(): Promise<SwarmSnapshot>;
  stop(): Promise<void>;
};

export type LiveIndexOptions = {
  gateway: SwarmGateway;
  events: SwarmEvents;
  clock?: Clock;
  expectedClusterId?: () => string | null;
  /** What went wrong on the way, for the log. */
  report?: (error: unknown) => void;
  pace?: Partial<Pace>;
};

/** Keeps the Swarm in memory and true: read whole at first, then by events, and whole again after each reconnect and every minute. */
export function startLiveIndex(options: LiveIndexOptions): LiveIndex {
  const { gateway, events, clock = systemClock, expectedClusterId = () => null, report = () => undefined } = options;
  const snapshots = listeners<SwarmSnapshot>(report);
  const changes = listeners<SwarmChange>(report);
  const stopping = new AbortController();
  let snapshot = emptySnapshot;
  const follower = new LiveFollower({
    gateway,
    events,
    clock,
    expectedClusterId,
    report,
    pace: { ...usualPace, ...options.pace },
    snapshot: () => snapshot,
    publish(step) {
      if (stopping.signal.aborted) return;
      const isNew = step.snapshot.revision !== snapshot.revision;
      snapshot = step.snapshot;
      for (const change of step.changes) changes.tell(change);
      if (isNew) snapshots.tell(snapshot);
    },
  });
  const running = follower.run(stopping.signal);
  return {
    snapshot: () => snapshot,
    subscribe: snapshots.add,
    onChange: changes.add,
    async refreshed() {
      await follower.refreshed(stopping.signal);
      return snapshot;
    },
    async stop() {
      stopping.abort();
      follower.wake();
      await running;
    },
  };
}

/** A listener that throws does not keep the others from being called. */
function listeners<T>(report: (error: unknown) => void) {
  const all = new Set<(value: T) => void>();
  return {
    add(listener: (value: T) => void): () => void {
      all.add(listener);
      return () => all.delete(listener);
    },
    tell(value: T): void {
      for (const listener of all) {
        try {
          listener(value);
        } catch (error) {
          report(error);
        }
      }
    },
  };
}
