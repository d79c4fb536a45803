import "server-only";
import { oncePerProcess } from "#lib/clock.ts";
import { liveIndex } from "#lib/swarm/connect.ts";
import type { SwarmSnapshot } from "#lib/swarm/schema.ts";
import { type Joined, joinAgain, type Known } from "./joined.ts";
import { readCounter, readKnown } from "./known.ts";

/** What pages are made from is read and joined once per change, and shared by all who look meanwhile. */
type Kept = {
  known: Known | null;
  clusterId: string | null;
  joined: Joined | null;
  derived: Map<string, { from: readonly unknown[]; value: unknown }>;
};

/** The first page after the start waits for the first answer of the Swarm, but not for long: then it says so. */
const firstAnswerSeconds = 3;

export async function readJoined(): Promise<Joined> {
  const snapshot = await firstSnapshot();
  const kept = memory();
  const clusterId = snapshot.cluster?.id ?? kept.clusterId;
  const counter = await readCounter(clusterId);
  if (kept.known?.counter !== counter || kept.clusterId !== clusterId) {
    kept.known = await readKnown(clusterId, counter);
    kept.clusterId = clusterId;
  }
  if (kept.joined?.snapshot !== snapshot || kept.joined.known !== kept.known) {
    kept.joined = joinAgain(kept.joined, snapshot, kept.known);
  }
  return kept.joined;
}

/** A list made once for as long as nothing that it is made from changes. All readers share it: nothing of an actor's may be in it. */
export function derived<T>(name: string, from: readonly unknown[], make: () => T): T {
  const { derived: all } = memory();
  const before = all.get(name);
  if (before?.from.every((each, index) => each === from[index])) return before.value as T;
  const value = make();
  all.set(name, { from, value });
  return value;
}

async function firstSnapshot(): Promise<SwarmSnapshot> {
  const index = liveIndex();
  const snapshot = index.snapshot();
  if (snapshot.connection.state !== "connecting") return snapshot;
  const timeout = new Promise<SwarmSnapshot>((resolve) => {
    setTimeout(() => resolve(index.snapshot()), firstAnswerSeconds * 1000).unref();
  });
  return Promise.race([index.refreshed(), timeout]);
}

function memory(): Kept {
  return oncePerProcess("inventory", () => ({ known: null, clusterId: null, joined: null, derived: new Map() }));
}
