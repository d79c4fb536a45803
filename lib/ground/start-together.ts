import "server-only";

/** Waits for both, also when one fails: whoever stops everything afterwards must know of everything. */
export async function settled<A, B>(work: [Promise<A>, Promise<B> | B]): Promise<[A, B]> {
  await Promise.allSettled(work);
  return Promise.all(work);
}

/** In seconds since it was made, as a line of the start says it. */
export function stopwatch(): () => string {
  const started = performance.now();
  return () => ((performance.now() - started) / 1000).toFixed(1);
}
