import { describe, expect, it } from "vitest";
import { playHistory } from "./play-history.ts";
import { proveHistories } from "./prove.ts";
import { regressions } from "./regressions.ts";

/** `npm test` asks for thousands; alone, and in `npm run check`, a few hundred have to do. */
const runs = Number(process.env.SKEP_HISTORIES ?? 300);
const seed = Number(process.env.SKEP_SEED ?? Math.floor(Math.random() * 2 ** 31));

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
