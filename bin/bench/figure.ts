export type Figure = {
  /** The bench and what of it: `audit.one-writer`. */
  figure: string;
  value: number;
  unit: string;
  /** The value against what it is compared with, or against its aim where there is nothing to compare. */
  ratio: number | null;
  against: string;
  /** Null: reported beside the others, with nothing to hold. */
  aim: number | null;
  isHeld: boolean | null;
};

/** One line of JSON on standard output; everything else that a bench says goes to standard error. */
export function printFigure({ figure, value, unit, ratio, against, aim, isHeld }: Figure): void {
  const line = { figure, value: round(value), unit, ratio: ratio === null ? null : round(ratio), against, aim };
  process.stdout.write(`${JSON.stringify({ ...line, holds: isHeld })}\n`);
}

/** Three digits that mean something. */
function round(number: number): number {
  return Number(number.toPrecision(3));
}

export function median(numbers: number[]): number {
  return percentile(numbers, 0.5);
}

/** The number that this share of them does not exceed. */
export function percentile(numbers: number[], share: number): number {
  const sorted = numbers.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}
