import { afterEach, expect, it } from "vitest";
import { cleanUp } from "../bench/cleanup.ts";
import { run } from "./histories.ts";

afterEach(async () => {
  expect(await cleanUp()).toBeUndefined();
});

it("A proof of random histories goes on from batch to batch, and ends", async () => {
  // Two batches and a history more, on one processor.
  expect(await run(["--runs", "501", "--seed", "1", "--parallel", "1"])).toBe(true);
}, 120_000);
