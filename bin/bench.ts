import { readdirSync } from "node:fs";
import { cleanUp } from "./bench/cleanup.ts";
import { reportFailure } from "./console.ts";
import { endOnSignal } from "./interruption.ts";

/** Each figure's file in bin/bench exports `run`, which prints its lines; what it began is undone when it ends. */
type Bench = { run(): Promise<void> };

const folder = new URL("bench/", import.meta.url);
const names = readdirSync(folder)
  .filter((file) => /^[a-z-]+\.ts$/.test(file) && !["cleanup.ts", "figure.ts", "ground.ts", "skep.ts"].includes(file))
  .map((file) => file.slice(0, -".ts".length));

/** `npm run bench [name]`: one JSON line per figure; everything when no name is given. */
async function main(asked: string[]): Promise<number> {
  const unknown = asked.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    process.stderr.write(`There is no bench "${unknown}". There are: ${names.join(", ")}.\n`);
    return 1;
  }
  let code = 0;
  for (const name of asked.length > 0 ? asked : names) {
    try {
      const bench = (await import(new URL(`${name}.ts`, folder).href)) as Bench;
      await bench.run();
    } catch (error) {
      reportFailure(error);
      code = 1;
    }
    const failure = await cleanUp();
    if (failure !== undefined) {
      reportFailure(failure);
      code = 1;
    }
  }
  return code;
}

endOnSignal(cleanUp);
process.exitCode = await main(process.argv.slice(2));
