import "server-only";
import fc from "fast-check";
import { historyArbitrary } from "./history-schema.ts";
import { playHistory } from "./play-history.ts";

/** `stranded`: how many of them are of an operation that comes to no end, and of which nobody is asked (R6). */
export type Proof = { runs: number; violations: string[]; stranded: number };

/** Plays so many random histories. The first that breaks a promise is made as small as it can be, and told with its seed. */
export async function proveHistories({ seed, runs }: { seed: number; runs: number }): Promise<Proof> {
  const property = fc.asyncProperty(historyArbitrary, async (drawn) => {
    const { violations } = await playHistory(drawn);
    if (violations.length > 0) throw new Error(violations.join("\n"));
  });
  const found = await fc.check(property, { seed, numRuns: runs });
  if (!found.failed) return { runs: found.numRuns, violations: [], stranded: 0 };
  const words = found.errorInstance instanceof Error ? found.errorInstance.message : String(found.errorInstance);
  const history = JSON.stringify(found.counterexample?.[0]);
  const where = `seed ${seed}, path ${found.counterexamplePath}, history ${history}`;
  const stranded = words.split("\n").some((word) => word.startsWith("R6: ")) ? 1 : 0;
  return { runs: found.numRuns, violations: [`${words}\n${where}`], stranded };
}
