import "server-only";
import { oncePerProcess } from "#lib/clock.ts";
import { liveIndex } from "#lib/swarm/connect.ts";
import type { SwarmSnapshot } from "#lib/swarm/schema.ts";
import { type Joined, join, type Known } from "./joined.ts";
import { readCounter, readKnown } from "./known.ts";

/** What pages are made from is read and joined once per change, and shared by all who look meanwhile. */
type Kept = {
  known: Known | null;
  clusterId: string | null;
  joined: Joined | null;
  derived: Map<string, unknown>;
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
    kept.joined = joinOnto(kept.joined, snapshot, kept.known);
    kept.derived = new Map();
  }
  return kept.joined;
}

/** A list made from the joined state, made once per state. Shared by all readers: nothing of an actor's may be in it. */
export function derived<T>(joined: Joined, name: string, make: () => T): T {
  const kept = memory();
  if (kept.joined !== joined) return make();
  if (!kept.derived.has(name)) kept.derived.set(name, make());
  return kept.derived.get(name) as T;
}

/** A snapshot that differs in its time alone needs no joining anew. */
function joinOnto(before: Joined | null, snapshot: SwarmSnapshot, known: Known): Joined {
  const isSame =
    before?.known === known &&
    before.snapshot.secrets === snapshot.secrets &&
    before.snapshot.services === snapshot.services &&
    before.snapshot.tasksByService === snapshot.tasksByService;
  return isSame ? { ...before, snapshot } : join(snapshot, known);
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
