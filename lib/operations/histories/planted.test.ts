import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type HistoryDrawn, historyArbitrary } from "./history-schema.ts";
import { type Planted, plantedBugs } from "./planted.ts";
import { playHistory } from "./play-history.ts";

/** Within so many histories each bug has to be found. The seed is fixed: it is the judges that are looked at. */
const most = 1500;
const histories = fc.sample(historyArbitrary, { seed: 20260501, numRuns: most });

/** What the judges say of one history with the bug in it. */
async function foundIn(
  history: HistoryDrawn | undefined,
  { breaks, ports, steps }: Planted,
): Promise<string | undefined> {
  if (!history) return undefined;
  const putBack = steps?.() ?? (() => undefined);
  try {
    const { violations } = await playHistory(history, ports ? { plant: ports } : {});
    return violations.find((each) => breaks.some((rule) => each.startsWith(`${rule}:`)));
  } finally {
    putBack();
  }
}

/** First where it was found the last time, then everywhere. */
async function findingOf(planted: Planted): Promise<string | null> {
  const known = await foundIn(planted.history ?? histories[planted.draw], planted);
  if (known !== undefined) return known;
  for (let index = 0; index < most; index += 1) {
    const found = await foundIn(histories[index], planted);
    if (found !== undefined) return `${found} (draw ${index})`;
  }
  return null;
}

describe("a bug that is planted in the engine", () => {
  it.each(plantedBugs)("is found: $name", async (planted) => {
    expect(await findingOf(planted)).not.toBeNull();
  });
});
