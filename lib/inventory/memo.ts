import "server-only";
import { oncePerProcess } from "#lib/clock.ts";
import { AppError } from "#lib/errors.ts";
import { isLiveIndexOpen, liveIndex } from "#lib/swarm/connect.ts";
import type { SwarmSnapshot } from "#lib/swarm/schema.ts";
import { type Joined, joinAgain, type Known } from "./joined.ts";
import { expectedClusterId, readCounter, readKnown } from "./known.ts";

/** What pages are made from is read and joined once per change, and shared by all who look meanwhile. */
type Kept = {
  known: Known | null;
  clusterId: string | null;
  joined: Joined | null;
  derived: Map<string, { from: readonly unknown[]; value: unknown }>;
  /** What is being read of Postgres now, for all who ask meanwhile. */
  reading: { counter: string; done: Promise<void> } | null;
  ahead: { isAgain: boolean } | null;
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
  const isSameSwarm = kept.clusterId === clusterId;
  if (isSameSwarm && kept.known?.counter === counter.counter) return;
  if (isSameSwarm && kept.reading?.counter === counter.counter) return kept.reading.done;
  const before = isSameSwarm ? kept.known : null;
  const done = readKnown(clusterId, counter, { before }).then((known) => {
    Object.assign(kept, { known, clusterId });
  });
  const reading = { counter: counter.counter, done };
  kept.reading = reading;
  return done.finally(() => {
    if (kept.reading === reading) kept.reading = null;
  });
}

/**
 * Reads what has changed before the next page asks for it, as long as somebody looks at pages at all. Whether it is
 * true the page still asks; it is only spared the wait.
 */
export function readAhead(): void {
  const kept = memory();
  if (kept.ahead) {
    kept.ahead.isAgain = true;
    return;
  }
  // Who has closed the way to the Swarm is about to end: nothing is opened again for a page that nobody asked for.
  if (!kept.known || !isLiveIndexOpen()) return;
  kept.ahead = { isAgain: false };
  // What fails here fails for the page as well, which says so.
  readJoined()
    .catch(() => undefined)
    .finally(() => {
      const isAgain = kept.ahead?.isAgain;
      kept.ahead = null;
      if (isAgain) readAhead();
    });
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
  Object.assign(memory(), nothing());
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
  return oncePerProcess("inventory", nothing);
}

function nothing(): Kept {
  return { known: null, clusterId: null, joined: null, derived: new Map(), reading: null, ahead: null };
}
