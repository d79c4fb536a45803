/** `every`: only one in so many points. `parallel`: runs at once; they mostly wait. */
type Points = { every: number; parallel: number };

/** Why a run never began, if it did not, and what it broke. */
type Begun = { refusal: string | null; violations: string[] };

const mostPoints = 1000;
const mostTurns = 3;

/** A run that never began is no untouched one: it is played again, and told of where that does not help. */
export async function playBegun<R extends Begun>(play: () => Promise<R>): Promise<R> {
  for (let turn = 1; turn < mostTurns; turn += 1) {
    const result = await play();
    if (result.refusal === null) return result;
    process.stderr.write(`A run was refused (${result.refusal}) before anything came over it, and is played again.\n`);
  }
  const result = await play();
  if (result.refusal === null) return result;
  return { ...result, violations: [...result.violations, `it was refused (${result.refusal}) and never began`] };
}

/** Side by side, in order, until a run went through untouched. */
export async function eachPoint({ parallel, every }: Points, play: (at: number) => Promise<boolean>): Promise<void> {
  let next = 1;
  let isOver = false;
  async function worker(): Promise<void> {
    while (!isOver && next <= mostPoints) {
      const at = next;
      next += every;
      try {
        if (!(await play(at))) isOver = true;
      } catch (error) {
        isOver = true;
        throw error;
      }
    }
  }
  // All end before anything is taken away from under them.
  const ended = await Promise.allSettled(Array.from({ length: parallel }, () => worker()));
  const failed = ended.find((each) => each.status === "rejected");
  if (failed) throw failed.reason;
}
