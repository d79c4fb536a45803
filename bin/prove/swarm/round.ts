import { waitUntil } from "#lib/ground/process.ts";
import { clearAway, factsOf } from "./aftermath.ts";
import { aboutThem, blindRemovals, brokenCalls, lateCalls, strangeCalls } from "./calls.ts";
import type { Round } from "./cells.ts";
import { strikes } from "./faults.ts";
import type { SwarmGround } from "./ground.ts";
import { edit } from "./hands.ts";
import { brokenBy, type Fault, fallen } from "./judge.ts";
import { type Phase, readIntents } from "./ledger.ts";
import { Rotation } from "./rotation.ts";

export type RoundResult = {
  name: string;
  fault: Fault;
  phase: Phase;
  /** By the ledger, it was inside its phase when the fault came. */
  wasInside: boolean;
  isStranded: boolean;
  outcome: string;
  because: string | null;
  broken: string[];
  /** Calls that change the Swarm, on all ways; and whether both instances made some of them. */
  calls: number;
  isShared: boolean;
  /** Calls that were sent when their end had been written down: none of them had an effect, or it is broken. */
  late: number;
  /** Removals of which nobody could tell in their moment whether they were too early. */
  blind: number;
  seconds: number;
};

/** Rotations side by side, each to be met by the same fault in a phase of its own; then their ends. */
export async function playRound(
  ground: SwarmGround,
  { fault, phases, turn, abreast }: Round & { abreast: number },
  tell: (rotations: readonly Rotation[]) => void,
): Promise<RoundResult[]> {
  // Those that are abreast differ in the moment: one is met before its call, the next one after it.
  const turns = Array.from({ length: abreast }, (_, index) => turn + 2 * index);
  const rotations = phases.flatMap((phase) => turns.map((own) => new Rotation(ground, fault, phase, own)));
  const startedAt = Date.now();
  const logged = ground.skeps.map((skep) => skep.log().length);
  const ended = ground.skeps.map((skep) => skep.exits().length);
  try {
    await ground.managers.settle();
    await Promise.all(rotations.map((rotation) => rotation.prepare()));
    tell(rotations);
    await begin(ground, fault, rotations);
    const met = await meet(ground, fault, rotations, turn);
    const isEnded = async (rotation: Rotation) => (await rotation.standing()).state !== "open";
    await waitUntil(async () => (await Promise.all(rotations.map(isEnded))).every(Boolean), mostSeconds, 300);
    const seconds = Math.round((Date.now() - startedAt) / 1000);
    await ground.managers.settle();
    await startAgain(ground);
    const results: RoundResult[] = [];
    for (const rotation of rotations) {
      results.push(await judged(ground, rotation, met.includes(rotation), seconds));
    }
    results[0]?.broken.push(...strangers(ground, rotations, startedAt));
    results[0]?.broken.push(...ground.skeps.flatMap((skep, index) => defectsIn(skep.log().slice(logged[index]))));
    results[0]?.broken.push(...ground.skeps.flatMap((skep, index) => fallen(skep.exits().slice(ended[index]))));
    return results;
  } finally {
    for (const rotation of rotations) rotation.letGo();
    await Promise.all(rotations.map((rotation) => clearAway(rotation)));
  }
}

/** A step may wait ten minutes for another hand (R6, R17); nothing here is to take that long. */
const mostSeconds = 300;

/** In a round of the frozen one instance carries all, and the other comes when it does: so what is frozen is known. */
async function begin({ skeps }: SwarmGround, fault: Fault, rotations: readonly Rotation[]): Promise<void> {
  const [, second] = skeps;
  if (fault === "frozen") await second?.stop();
  for (const rotation of rotations) {
    if (rotation.isSoakWithWrite) await edit(rotation, rotation.services[1]?.id ?? "");
  }
  await Promise.all(rotations.map((rotation) => rotation.begin()));
  if (fault !== "frozen") return;
  const isCarried = async (rotation: Rotation) => (await rotation.standing()).isLeased;
  await waitUntil(async () => (await Promise.all(rotations.map(isCarried))).every(Boolean), 30, 100);
  second?.start();
}

/** Waits until all are where they are to be met, and lets the fault come. Answers with those that it met there. */
async function meet(
  ground: SwarmGround,
  fault: Fault,
  rotations: readonly Rotation[],
  turn: number,
): Promise<Rotation[]> {
  const insides = async () => {
    const inside = await Promise.all(rotations.map((rotation) => rotation.isInside()));
    return rotations.filter((_, index) => inside[index]);
  };
  const isThere = async (inside: readonly Rotation[]) => {
    const rest = rotations.filter((rotation) => !inside.includes(rotation));
    const states = await Promise.all(rest.map((rotation) => rotation.standing()));
    return states.every(({ state }) => state !== "open");
  };
  await waitUntil(async () => isThere(await insides()), 60, 100);
  const met = await insides();
  await strikes[fault](ground, met, turn);
  for (const rotation of rotations) rotation.letGo();
  return met;
}

async function startAgain({ skeps }: SwarmGround): Promise<void> {
  for (const skep of skeps) if (!skep.isRunning()) skep.start();
}

async function judged(
  { wire, ownerUrl }: SwarmGround,
  rotation: Rotation,
  wasInside: boolean,
  seconds: number,
): Promise<RoundResult> {
  const { name, fault, phase, operationId } = rotation;
  // What comes over machines comes over all of the round; a hand does something to those only that it meets.
  const isStruck = wasInside || (fault !== "edit" && fault !== "redeploy");
  const facts = await factsOf(rotation, isStruck ? fault : null);
  const intents = await readIntents(ownerUrl, operationId);
  const writes = aboutThem(wire.writes(), rotation.subjects);
  const isStranded = facts.state === "open";
  const broken = [...brokenBy(facts), ...brokenCalls({ intents, writes, specAt: wire.specAt })];
  return {
    name,
    fault,
    phase,
    wasInside,
    isStranded,
    seconds,
    outcome: facts.outcome ?? facts.state,
    because: facts.attention?.because ?? null,
    broken,
    calls: writes.length,
    isShared: new Set(writes.map(({ owner }) => owner)).size > 1,
    late: lateCalls({ intents, writes }),
    blind: blindRemovals(writes),
  };
}

function strangers({ wire }: SwarmGround, rotations: readonly Rotation[], since: number): string[] {
  const writes = wire.writes().filter(({ at }) => at >= since);
  return strangeCalls(
    writes,
    rotations.flatMap(({ subjects }) => subjects),
  );
}

/** What an instance has logged of defects of its own. */
function defectsIn(log: string): string[] {
  return log.split("\n").filter((line) => /"(operation\.failed-to-go-on|step\.defect)"/.test(line));
}
