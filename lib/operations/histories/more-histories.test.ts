import { expect, it } from "vitest";
import { proveHistories } from "./prove.ts";

/** The other half of those in `histories.test.ts`, of other seeds. */
const { SKEP_HISTORIES, SKEP_SEED } = process.env;
const runs = Number(SKEP_HISTORIES ?? 300) / 2;
const seed = 2 ** 30 + Number(SKEP_SEED ?? 1);

it(`no promise of the engine is broken in as many random histories again (seed ${seed})`, async () => {
  const { violations } = await proveHistories({ seed, runs });
  expect(violations).toEqual([]);
}, 600_000);
