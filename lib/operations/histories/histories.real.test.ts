import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type TestDatabase, testDatabase } from "#lib/db/test-database.ts";
import { historyArbitrary } from "./history-schema.ts";
import { playHistory } from "./play-history.ts";
import { clearDatabase, postgresStage } from "./postgres-stage.ts";
import { regressions } from "./regressions.ts";

const { SKEP_SEED, SKEP_REAL_HISTORIES } = process.env;
const seed = Number(SKEP_SEED ?? Math.floor(Math.random() * 2 ** 31));
const runs = Number(SKEP_REAL_HISTORIES ?? 300);
/** Histories side by side, each in a database of its own: most of their time they wait for a commit. */
const atOnce = 6;

describe("whatever happens, in whatever order, on a real Postgres", () => {
  it(`two workers break no promise of the engine in ${runs} random histories (seed ${seed}), nor in those that once did`, async () => {
    const drawn = fc.sample(historyArbitrary, { seed, numRuns: runs });
    const histories = [...regressions.map(({ history }) => history), ...drawn];
    const found: string[] = [];
    let next = 0;
    async function playOn({ database }: TestDatabase): Promise<void> {
      while (next < histories.length) {
        const draw = next;
        next += 1;
        const history = histories[draw];
        if (!history) return;
        await clearDatabase(database);
        const openStage = (now: () => number) => postgresStage(database, now);
        const { violations } = await playHistory(history, { openStage, tag: `h${draw}-` });
        if (violations.length > 0) found.push(`${violations.join("\n")}\ndraw ${draw}: ${JSON.stringify(history)}`);
      }
    }
    const databases = await Promise.all(Array.from({ length: atOnce }, () => testDatabase()));
    await Promise.all(databases.map(playOn));
    expect(found).toEqual([]);
  }, 900_000);
});
