import "server-only";
import { database } from "#lib/db/client.ts";
import { configuration } from "#lib/env.ts";
import { liveIndex } from "#lib/swarm/connect.ts";
import { connectionCommand } from "./by-hand-commands.ts";
import { type ByHandWay, byHandWays } from "./by-hand-ways.ts";
import { operationOf } from "./store-rows.ts";
import { titleOf } from "./view.ts";

export type { ByHandStep, ByHandWay } from "./by-hand-ways.ts";

export type ByHandView = {
  title: string;
  /** What Docker's client must be told to reach this Swarm, as a line of shell. */
  connection: string;
  /** When the Swarm was last seen, ISO 8601: the commands begin there. */
  asOf: string | null;
  /** None for an operation that has ended. */
  ways: ByHandWay[];
};

/** How to end an operation without Skep, from where the Swarm was last seen: it may be the very thing that does not answer. */
export async function findByHand(id: string): Promise<ByHandView | null> {
  const row = await database().operation.findUnique({ where: { id }, include: { steps: true } });
  if (!row) return null;
  const operation = operationOf(row);
  const snapshot = liveIndex().snapshot();
  return {
    title: titleOf(operation.plan),
    connection: connectionCommand(configuration().docker),
    asOf: snapshot.asOf,
    ways: operation.state === "ended" ? [] : byHandWays(operation, snapshot),
  };
}
