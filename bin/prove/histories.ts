import { once } from "node:events";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { atEnd } from "../bench/cleanup.ts";

/** What a worker is asked for, and what it answers: a batch ends with its first violation. */
export type Batch = { seed: number; runs: number };
export type BatchAnswer = { runs: number; violations: string[]; seconds: number };

/** Small enough that a violation is soon told, large enough that nobody waits for the next one. */
const batchRuns = 250;

/** Plays random histories on the model of the Swarm, in virtual time, on all processors. */
export async function run(argv: string[]): Promise<boolean> {
  const { values } = parseArgs({
    args: argv,
    options: {
      runs: { type: "string", default: "10000" },
      seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 30)) },
      parallel: { type: "string", default: String(availableParallelism()) },
    },
  });
  const [runs, seed, parallel] = [Number(values.runs), Number(values.seed), Number(values.parallel)];
  const batches = Array.from({ length: Math.ceil(runs / batchRuns) }, (_, index) => {
    return { seed: seed + index, runs: Math.min(batchRuns, runs - index * batchRuns) };
  });
  const total = { runs: 0, violations: 0 };
  const startedAt = Date.now();
  await Promise.all(
    Array.from({ length: Math.min(parallel, batches.length) }, () =>
      workOn(batches, (answer) => {
        total.runs += answer.runs;
        total.violations += answer.violations.length;
        for (const violation of answer.violations) process.stderr.write(`${violation}\n`);
        if (total.runs % 10_000 === 0) process.stderr.write(`${total.runs} histories so far\n`);
      }),
    ),
  );
  const seconds = Math.round((Date.now() - startedAt) / 1000);
  process.stdout.write(`${JSON.stringify({ proof: "histories", ...total, seed, seconds })}\n`);
  return total.violations === 0 && total.runs === runs;
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
