import { atEnd } from "../bench/cleanup.ts";

/**
 * Does the work of a proof, and has its one line of JSON printed when all is cleaned up. When the work breaks off, by an
 * error or by a signal, the line tells what was done so far, and that it is not all.
 */
export async function withLine(proof: string, counts: () => object, work: () => Promise<boolean>): Promise<boolean> {
  let isBrokenOff = true;
  atEnd(() => {
    process.stdout.write(`${JSON.stringify({ proof, ...counts(), ...(isBrokenOff && { isBrokenOff }) })}\n`);
  });
  const isGood = await work();
  isBrokenOff = false;
  return isGood;
}
