import { describe, expect, it } from "vitest";
import { playHistory } from "./play-history.ts";
import { proveHistories } from "./prove.ts";
import { regressions } from "./regressions.ts";

/**
 * `npm test` asks for thousands; alone, and in `npm run check`, a few hundred have to do. They are the same each time:
 * those that nobody has seen yet are for `npm run prove:histories`.
 * Half of them are played by `more-histories.test.ts`, beside these.
 */
const { SKEP_HISTORIES, SKEP_SEED } = process.env;
const runs = Number(SKEP_HISTORIES ?? 300) / 2;
const seed = Number(SKEP_SEED ?? 1);

describe("whatever happens, in whatever order", () => {
  it(`no promise of the engine is broken in random histories (seed ${seed})`, async () => {
    const { violations } = await proveHistories({ seed, runs });
    expect(violations).toEqual([]);
  }, 600_000);

  it.each(regressions)("what once was wrong is right: $was", async ({ history }) => {
    const { violations } = await playHistory(history);
    expect(violations).toEqual([]);
  });
});
