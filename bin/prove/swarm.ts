import { placesOf } from "#lib/ground/places.ts";
import { cleanUp } from "../bench/cleanup.ts";
import { reportFailure } from "../console.ts";
import { readOptions } from "./options.ts";
import { Cells } from "./swarm/cells.ts";
import { prepareGround, type SwarmGround } from "./swarm/ground.ts";
import { type Fault, faults } from "./swarm/judge.ts";
import { type Phase, phases } from "./swarm/ledger.ts";
import { leftBehind } from "./swarm/leftovers.ts";
import type { Rotation } from "./swarm/rotation.ts";
import { playRound, type RoundResult } from "./swarm/round.ts";

type Options = {
  /** As many faults of each kind inside each phase, and as many rotations in all. */
  each: number;
  rotations: number;
  fault: Fault | undefined;
  phase: Phase | undefined;
  minutes: number;
  /** Rotations at once in each phase. */
  abreast: number;
  /** The turn that comes first: which service, which manager, which moment a fault meets differs from turn to turn. */
  seed: number;
  /** Each instance sends something that was not written down before, which must be found. */
  isPlanted: boolean;
};

/** Rotates secrets of a Swarm of three managers while faults come over all that takes part, and says what was broken. */
export async function run(argv: string[]): Promise<boolean> {
  const options = optionsIn(argv);
  const cells = new Cells(options);
  const tally = new Tally();
  const startedAt = Date.now();
  const minutes = () => Math.round((Date.now() - startedAt) / 6000) / 10;
  const current: { rotations: readonly Rotation[] } = { rotations: [] };
  const ground = await prepareGround(options, async (ask, owner) => {
    await current.rotations.find(({ subjects }) => subjects.includes(ask.subject))?.asked(ask, owner);
  });
  try {
    for (let next = cells.next(0); next && minutes() < options.minutes; next = cells.next(tally.rotations)) {
      const results = await playRound(ground, { ...next, abreast: options.abreast }, (rotations) => {
        current.rotations = rotations;
      });
      for (const result of results) {
        tally.add(result);
        if (result.wasInside) cells.count(result.fault, result.phase);
        report(result);
      }
    }
  } catch (error) {
    reportFailure(error);
    tally.isBrokenOff = true;
  }
  tally.leftBehind = await takeDown(ground);
  const counts = { least: cells.least(), minutes: minutes(), faults: cells.counts };
  process.stdout.write(`${JSON.stringify({ proof: "swarm", ...tally.line(), ...counts })}\n`);
  return tally.isGood() && cells.isFull();
}

class Tally {
  rotations = 0;
  violations = 0;
  stranded = 0;
  /** Operations that wait for a person. */
  asked = 0;
  /** Calls that change the Swarm; those of them that were sent when their end had been written down. */
  calls = 0;
  lateCalls = 0;
  /** Removals of which nobody could tell in their moment whether they were too early: no manager answered. */
  blindRemovals = 0;
  /** Rotations in which both instances made calls. */
  shared = 0;
  leftBehind: string[] = [];
  isBrokenOff = false;
  readonly outcomes: Record<string, number> = {};

  add({ broken, isStranded, outcome, calls, late, blind, isShared }: RoundResult): void {
    this.rotations += 1;
    this.violations += broken.length;
    this.stranded += isStranded ? 1 : 0;
    this.asked += outcome === "needs-attention" ? 1 : 0;
    this.calls += calls;
    this.lateCalls += late;
    this.blindRemovals += blind;
    this.shared += isShared ? 1 : 0;
    this.outcomes[outcome] = (this.outcomes[outcome] ?? 0) + 1;
  }

  line() {
    const { rotations, violations, stranded, asked, shared, calls, lateCalls, blindRemovals, outcomes } = this;
    const leftBehind = this.leftBehind.length;
    const told = { asked, shared, calls, lateCalls, blindRemovals, outcomes };
    const counts = { rotations, violations, stranded, leftBehind, ...told };
    return this.isBrokenOff ? { ...counts, isBrokenOff: true } : counts;
  }

  isGood(): boolean {
    const { rotations, violations, stranded, leftBehind, isBrokenOff } = this;
    return rotations > 0 && violations + stranded + leftBehind.length === 0 && !isBrokenOff;
  }
}

function optionsIn(argv: string[]): Options {
  const { planted: isPlanted, ...options } = readOptions("swarm", argv, {
    each: { is: "number", least: 1, otherwise: 5, says: "so many of each fault inside each phase" },
    rotations: { is: "number", least: 1, otherwise: 50, says: "at least so many rotations" },
    fault: { is: "one of", names: faults, says: `only one of: ${faults.join(", ")}` },
    phase: { is: "one of", names: phases, says: `only one of: ${phases.join(", ")}` },
    minutes: { is: "number", least: 1, otherwise: 120, says: "no further round after that" },
    abreast: { is: "number", least: 1, otherwise: 1, says: "rotations at once in each phase" },
    seed: { is: "number", least: 0, otherwise: 0, says: "another turn first" },
    planted: { is: "flag", says: "instances send each update once more, past the intents, which must be found" },
  });
  return { ...options, isPlanted };
}

function report({ name, broken, outcome, because, isStranded, wasInside, seconds }: RoundResult): void {
  const why = because === null ? "" : ` (${because})`;
  const where = wasInside ? "" : ", not met inside its phase";
  process.stderr.write(`${name}: ${isStranded ? "stranded" : outcome}${why} after ${seconds} s${where}\n`);
  for (const each of broken) process.stderr.write(`${name}: ${each}\n`);
}

/** Ends everything, and looks whether anything of it is still there. */
async function takeDown({ folder, stage }: SwarmGround): Promise<string[]> {
  const names = async () => {
    const [services, secrets] = await Promise.all([stage.gateway.listServices(), stage.gateway.listSecrets()]);
    return [...services, ...secrets].map(({ name }) => `${name} in the Swarm`);
  };
  const inSwarm = await names().catch(() => ["the Swarm does not say what is in it"]);
  const places = placesOf(folder);
  const failure = await cleanUp();
  if (failure !== undefined) throw failure;
  const left = [...inSwarm, ...leftBehind(folder, places)];
  for (const each of left) process.stderr.write(`left behind: ${each}\n`);
  return left;
}
