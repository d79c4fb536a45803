import "server-only";
import type { Actor } from "#lib/policy/schema.ts";
import type { SwarmSnapshot } from "#lib/swarm/schema.ts";
import { ledgerLines } from "./by-hand-ledger.ts";
import { whenSkepReturns } from "./by-hand-return.ts";
import type { ByHandWay, KeptAnswers } from "./by-hand-step.ts";
import { byHandWays } from "./by-hand-ways.ts";
import type { Operation } from "./ledger.ts";
import { seenSnapshot } from "./seen-snapshot.ts";
import { titleOf, viewOf } from "./view.ts";

/** Either end by hand. Without a look at the Swarm no command can be said, only how far the ledger knows it to be. */
export type ByHandView = { title: string } & (
  | { state: "ended" }
  | { state: "not-seen"; ledger: string[] }
  | {
      state: "open";
      /** When the Swarm was last seen, ISO 8601: the commands begin there. */
      asOf: string;
      /** What Skep does when it comes back, in sentences. */
      onReturn: string[];
      ways: ByHandWay[];
    }
);

export function byHandViewOf(
  operation: Operation,
  reader: Actor,
  latest: SwarmSnapshot,
  kept?: KeptAnswers,
): ByHandView {
  const title = titleOf(operation.plan);
  if (operation.state === "ended") return { title, state: "ended" };
  const snapshot = seenSnapshot(operation, latest);
  if (!snapshot?.asOf) return { title, state: "not-seen", ledger: ledgerLines(operation) };
  const { can } = viewOf(operation, reader);
  const onReturn = whenSkepReturns(operation, can);
  return { title, state: "open", asOf: snapshot.asOf, onReturn, ways: byHandWays(operation, snapshot, kept) };
}
