import { cleanUp } from "./bench/cleanup.ts";
import { reportFailure } from "./console.ts";
import { endOnSignal } from "./interruption.ts";

/** What can be proved: each prints one line of JSON at its end, and is true only when nothing was violated. */
const proofs = ["crash", "histories", "swarm", "rotators"] as const;
type Proof = { run(argv: string[]): Promise<boolean> };

const folder = new URL("prove/", import.meta.url);

async function main([name, ...argv]: string[]): Promise<number> {
  if (!proofs.some((proof) => proof === name)) {
    process.stderr.write(`Name one of: ${proofs.join(", ")}.\n`);
    return 1;
  }
  try {
    const { run } = (await import(new URL(`${name}.ts`, folder).href)) as Proof;
    return (await run(argv)) ? 0 : 1;
  } catch (error) {
    if (!interruption.isEnding()) reportFailure(error);
    return 1;
  }
}

// What fails because all is being taken away is no failure.
const interruption = endOnSignal(cleanUp);
const code = await main(process.argv.slice(2));
const failure = await cleanUp();
if (failure !== undefined) reportFailure(failure);
process.exitCode = failure === undefined ? code : 1;
