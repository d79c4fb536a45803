import "server-only";
import { finishing } from "./by-hand-finish.ts";
import type { ByHandWay, KeptAnswers } from "./by-hand-step.ts";
import { undoing } from "./by-hand-undo.ts";
import type { Operation } from "./ledger.ts";
import type { SeenSwarm } from "./now.ts";

/**
 * R8, should Skep itself be gone: the commands that would bring an open operation to either end, from where the Swarm is
 * now. A service that names what is wanted and whose rollout does not stand still needs none, so a page that is read again
 * after half of them shows the other half. Only an object made by hand it cannot tell from a stranger's, and says so.
 */
export function byHandWays(operation: Operation, swarm: SeenSwarm, kept: KeptAnswers = new Map()): ByHandWay[] {
  return [finishing(operation, swarm), undoing(operation, swarm, kept)];
}
