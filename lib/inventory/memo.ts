import "server-only";
import { oncePerProcess } from "#lib/clock.ts";
import { AppError } from "#lib/errors.ts";
import { liveIndex } from "#lib/swarm/connect.ts";
import type { SwarmSnapshot } from "#lib/swarm/schema.ts";
import { type Joined, joinAgain, type Known } from "./joined.ts";
import { expectedClusterId, readCounter, readKnown } from "./known.ts";

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
  const kept = memory();
  // The first time, what Postgres knows is read while the Swarm is asked: it knows whose Swarm it expects.
  if (!kept.known) await Promise.all([firstSnapshot(), keepKnown(kept, await expectedClusterId())]);
  const snapshot = await firstSnapshot();
  await keepKnown(kept, snapshot.cluster?.id ?? kept.clusterId);
  const { known, joined } = kept;
  if (!known) throw new AppError("unexpected", "The page was asked for at an odd moment. Load it again.");
  if (joined?.snapshot === snapshot && joined.known === known) return joined;
  kept.joined = joinAgain(joined, snapshot, known);
  return kept.joined;
}

async function keepKnown(kept: Kept, clusterId: string | null): Promise<void> {
  const counter = await readCounter(clusterId);
  if (kept.known?.counter === counter && kept.clusterId === clusterId) return;
  kept.known = await readKnown(clusterId, counter);
  kept.clusterId = clusterId;
}

/** Makes a list once, and again when what it is made from has changed. All readers share it, so nothing in it may depend on the actor. */
export function derived<T>(name: string, from: readonly unknown[], make: () => T): T {
  const { derived: all } = memory();
  const before = all.get(name);
  if (before?.from.every((each, index) => each === from[index])) return before.value as T;
  const value = make();
  all.set(name, { from, value });
  return value;
}

/** As at the start of a process. For tests and the bench. */
export function forgetInventory(): void {
  Object.assign(memory(), { known: null, clusterId: null, joined: null, derived: new Map() });
}

async function firstSnapshot(): Promise<SwarmSnapshot> {
  const index = liveIndex();
  if (hasAnswered(index.snapshot())) return index.snapshot();
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      unsubscribe();
      resolve(index.snapshot());
    };
    const unsubscribe = index.subscribe((snapshot) => hasAnswered(snapshot) && end());
    const timer = setTimeout(end, firstAnswerSeconds * 1000);
  });
}

function hasAnswered({ connection, asOf }: SwarmSnapshot): boolean {
  return connection.state === "lost" || asOf !== null;
}

function memory(): Kept {
  return oncePerProcess("inventory", () => ({ known: null, clusterId: null, joined: null, derived: new Map() }));
}
