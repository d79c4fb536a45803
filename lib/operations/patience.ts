import "server-only";
import type { LedgerStep } from "./ledger.ts";
import type { Pass } from "./pass.ts";

/** In seconds: longer than most tasks take to stop. */
const patienceSeconds = 60;

/** Since when a step waits for others, usually for old tasks to end (ISO 8601), for its facts, and whether that is long enough. */
export function patienceOf(
  { ports }: Pick<Pass, "ports">,
  { facts }: LedgerStep,
  mostSeconds: number = patienceSeconds,
) {
  const now = ports.clock.now();
  const askedSince = facts.askedSince ?? now.toISOString();
  return { askedSince, isOver: now.getTime() - Date.parse(askedSince) >= mostSeconds * 1000 };
}
