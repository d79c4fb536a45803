import { afterEach, expect, it } from "vitest";
import { cleanUp } from "../bench/cleanup.ts";
import { optionsIn, proveCrash, run } from "./crash.ts";

/** The short form of the proof: a few points of each kind; `npm run prove:crash` tries all. */

/** Each waits for leases of dead workers, and a busy machine for its turn. */
const timeout = 600_000;

afterEach(async () => {
  expect(await cleanUp()).toBeUndefined();
});

it(
  "Killed at points of a rotation over three services, or with an answer lost there, Skep comes to the same end",
  async () => {
    expect(await run(["--scenario", "good rotation", "--every", "27", "--parallel", "3"])).toBe(true);
  },
  timeout,
);

it(
  "A call and a commit past the ports are found out in every run, and nothing else is complained of",
  async () => {
    const found: string[][] = [];
    const options = optionsIn(["--scenario", "a grant", "--every", "37", "--parallel", "2", "--planted"]);
    await proveCrash(
      options,
      (_, __, { violations }) => found.push(violations.toSorted()),
      () => undefined,
    );
    expect(found.length).toBeGreaterThanOrEqual(6);
    for (const violations of found) {
      expect(violations).toEqual([
        "R14: POST /secrets/create was not written down before",
        "R14: a call past the ports: POST /secrets/create",
        expect.stringMatching(/^a commit past the ports: \d+ made, \d+ counted$/),
      ]);
    }
  },
  timeout,
);
