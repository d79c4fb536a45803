import { parentPort } from "node:worker_threads";
import { proveHistories } from "#lib/operations/histories/prove.ts";
import type { Batch, BatchAnswer } from "./histories.ts";

/** Plays the batches that it is given, one after another. */
parentPort?.on("message", async ({ seed, runs }: Batch) => {
  const startedAt = Date.now();
  const proof = await proveHistories({ seed, runs });
  const answer: BatchAnswer = { ...proof, seconds: (Date.now() - startedAt) / 1000 };
  parentPort?.postMessage(answer);
});
