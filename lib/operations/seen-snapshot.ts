import "server-only";
import type { SwarmSnapshot } from "#lib/swarm/schema.ts";
import type { Operation } from "./ledger.ts";

/** What was seen of the operation's own Swarm; null before it has answered, and where another one does. */
export function seenSnapshot({ clusterId }: Operation, snapshot: SwarmSnapshot): SwarmSnapshot | null {
  return snapshot.asOf !== null && snapshot.cluster?.id === clusterId ? snapshot : null;
}
