import { once } from "node:events";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Proof } from "#lib/operations/histories/prove.ts";
import { atEnd } from "../bench/cleanup.ts";
import { withLine } from "./line.ts";
import { readOptions } from "./options.ts";

/** What a worker is asked for, and what it answers: a batch ends with its first violation. */
export type Batch = { seed: number; runs: number };
export type BatchAnswer = Proof & { seconds: number };

/** Small enough that a violation is soon told, large enough that nobody waits for the next one. */
const batchRuns = 250;

/** Plays random histories on the model of the Swarm, in virtual time, on all processors. */
export async function run(argv: string[]): Promise<boolean> {
  const { runs, seed, parallel } = optionsIn(argv);
  const total = { runs: 0, violations: 0, stranded: 0 };
  const startedAt = Date.now();
  const counts = () => ({ ...total, seed, seconds: Math.round((Date.now() - startedAt) / 1000) });
  return withLine("histories", counts, async () => {
    const batches = Array.from({ length: Math.ceil(runs / batchRuns) }, (_, index) => {
      return { seed: seed + index, runs: Math.min(batchRuns, runs - index * batchRuns) };
    });
    const workers = Array.from({ length: Math.min(parallel, batches.length) }, () =>
      workOn(batches, ({ runs: played, violations, stranded }) => {
        total.runs += played;
        total.violations += violations.length;
        total.stranded += stranded;
        for (const violation of violations) process.stderr.write(`${violation}\n`);
        if (total.runs % 10_000 === 0) process.stderr.write(`${total.runs} histories so far\n`);
      }),
    );
    await Promise.all(workers);
    return total.violations === 0 && total.runs === runs;
  });
}

function optionsIn(argv: string[]) {
  return readOptions("histories", argv, {
    runs: { is: "number", least: 1, otherwise: 10_000, says: "so many histories" },
    seed: {
      is: "number",
      least: 0,
      otherwise: "another each time",
      says: "the first batch's, from which the others count on",
    },
    parallel: { is: "number", least: 1, otherwise: availableParallelism(), says: "batches side by side" },
  });
}

async function workOn(batches: Batch[], tell: (answer: BatchAnswer) => void): Promise<void> {
  const worker = new Worker(new URL("histories-worker.ts", import.meta.url), {
    env: { ...process.env, SKEP_LOG_LEVEL: "fatal" },
    execArgv: ["--conditions=react-server"],
  });
  atEnd(() => worker.terminate());
  for (let batch = batches.shift(); batch; batch = batches.shift()) {
    // Ends with the answer, or with the error of a worker that died.
    const answered = once(worker, "message") as Promise<[BatchAnswer]>;
    worker.postMessage(batch);
    const [answer] = await answered;
    tell(answer);
  }
  await worker.terminate();
}
