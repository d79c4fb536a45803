import { afterEach, expect, it } from "vitest";
import { cleanUp } from "../bench/cleanup.ts";
import { run } from "./rotators.ts";

/** The short form of the proof: a few points of each kind; `npm run prove:rotators` tries all. */

/** Each waits for leases of dead workers, and a busy machine for its turn. */
const timeout = 600_000;

afterEach(async () => {
  expect(await cleanUp()).toBeUndefined();
});

it(
  "Killed at points of a rotation of PostgreSQL's password, or with an answer lost there, no service fails to sign in",
  async () => {
    expect(await run(["--logins", "two", "--every", "75", "--parallel", "1"])).toBe(true);
  },
  timeout,
);
