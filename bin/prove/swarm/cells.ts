import { type Fault, faults } from "./judge.ts";
import { type Phase, phases } from "./ledger.ts";

export type Round = { fault: Fault; phases: Phase[]; turn: number };

/** How often each fault has come inside each phase, and which is wanted next. */
export class Cells {
  readonly counts: Record<string, Record<string, number>>;
  readonly #each: number;
  readonly #rotations: number;
  readonly #turns = new Map<Fault, number>();
  readonly #firstTurn: number;
  #place = 0;

  constructor(wanted: {
    each: number;
    rotations: number;
    seed?: number;
    fault?: Fault | undefined;
    phase?: Phase | undefined;
  }) {
    this.#firstTurn = wanted.seed ?? 0;
    this.#each = wanted.each;
    this.#rotations = wanted.rotations;
    const kinds = wanted.fault ? [wanted.fault] : faults;
    const places = wanted.phase ? [wanted.phase] : phases;
    const zeros = () => Object.fromEntries(places.map((phase) => [phase, 0]));
    this.counts = Object.fromEntries(kinds.map((fault) => [fault, zeros()]));
  }

  count(fault: Fault, phase: Phase): void {
    const row = this.counts[fault];
    if (row) row[phase] = (row[phase] ?? 0) + 1;
  }

  /** The next kind of fault in turn that is not often enough there, for all phases that miss it; null when all is done. */
  next(rotations: number): Round | null {
    const kinds = Object.keys(this.counts) as Fault[];
    for (let tried = 0; tried < kinds.length; tried += 1) {
      const fault = kinds[(this.#place + tried) % kinds.length];
      if (!fault) break;
      const missing = this.#missing(fault);
      const chosen = this.isFull() && rotations < this.#rotations ? this.#places(fault) : missing;
      if (chosen.length === 0) continue;
      this.#place += tried + 1;
      const turn = this.#turns.get(fault) ?? this.#firstTurn;
      this.#turns.set(fault, turn + 1);
      return { fault, phases: chosen, turn };
    }
    return null;
  }

  isFull(): boolean {
    return this.least() >= this.#each;
  }

  least(): number {
    return Math.min(...Object.values(this.counts).flatMap((row) => Object.values(row)));
  }

  #places(fault: Fault): Phase[] {
    return Object.keys(this.counts[fault] ?? {}) as Phase[];
  }

  #missing(fault: Fault): Phase[] {
    return this.#places(fault).filter((phase) => (this.counts[fault]?.[phase] ?? 0) < this.#each);
  }
}
