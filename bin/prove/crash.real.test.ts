import { afterEach, expect, it } from "vitest";
import { cleanUp } from "../bench/cleanup.ts";
import { run } from "./crash.ts";

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
  "A call or a commit past the ports is found out",
  async () => {
    expect(await run(["--scenario", "a grant", "--every", "37", "--parallel", "2", "--planted"])).toBe(false);
  },
  timeout,
);
