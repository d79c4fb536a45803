import "server-only";
import { repeating } from "#lib/clock/repeating.ts";
import { database } from "#lib/db/client.ts";
import { takeLock } from "#lib/db/lock.ts";
import { listen } from "#lib/db/notify.ts";
import { type Transaction, transaction } from "#lib/db/transaction.ts";
import { isAppError } from "#lib/errors.ts";
import { logOf } from "#lib/log.ts";
import { expectCluster } from "#lib/swarm/connect.ts";
import { operationLabel } from "#lib/swarm/labels.ts";
import type { ClusterObject, SecretObject, SwarmSnapshot } from "#lib/swarm/schema.ts";

/** What of the live index is needed here. */
export type SnapshotSource = {
  snapshot(): SwarmSnapshot;
  subscribe(listener: (snapshot: SwarmSnapshot) => void): () => void;
};

type Expect = (clusterId: string | null) => void;

/** R18: only the Swarm that Postgres knows is talked to. Call it before the Swarm is asked anything; null where none is known yet. */
export async function expectKnownSwarm(expect: Expect = expectCluster): Promise<string | null> {
  const known = await findExpected(database());
  expect(known?.clusterId ?? null);
  return known?.clusterId ?? null;
}

/**
 * The first Swarm that answers becomes the known one. If it holds objects that a Skep made and this database has never
 * heard of (a restored backup, or a second Skep at work), it is made read-only. `onLooked` is called after each look at
 * the known Swarm, when that has been decided. Call the returned function to stop.
 */
export function keepToKnownSwarm(
  live: SnapshotSource,
  { expect = expectCluster, onLooked = () => undefined }: { expect?: Expect; onLooked?: () => void } = {},
): () => Promise<void> {
  const log = logOf("settings");
  const verified = new Set<string>();
  let isDatabaseAway = false;
  const looking = repeating({
    everySeconds: null,
    afterErrorSeconds: 5,
    async work() {
      if (await look(live.snapshot(), expect, verified)) onLooked();
      isDatabaseAway = false;
    },
    onError(error) {
      // The Swarm goes on changing while the database is away: said once, not with each change.
      const isKnown = isDatabaseAway && isAppError(error, "database-unreachable");
      isDatabaseAway = isAppError(error, "database-unreachable");
      if (!isKnown) log.warn("known-swarm.not-compared", {}, error);
    },
  });
  const ends = [
    live.subscribe(looking.wake),
    listen("skep_changed", (table) => (table ?? "Swarm") === "Swarm" && looking.wake()),
  ];
  return async () => {
    for (const end of ends) end();
    await looking.stop();
  };
}

/** The operations that made these secrets and that this database has never heard of. */
export async function foreignOperations(
  tx: Transaction,
  clusterId: string,
  secrets: Iterable<SecretObject>,
  verified: Set<string> = new Set(),
): Promise<string[]> {
  const named = new Set([...secrets].flatMap(({ labels }) => labels[operationLabel] ?? []));
  const asked = [...named].filter((id) => !verified.has(id));
  if (asked.length === 0) return [];
  const rows = await tx.operation.findMany({ where: { id: { in: asked } }, select: { id: true } });
  const accepted = await tx.setting.findUnique({ where: { key: acceptedKey(clusterId) } });
  for (const { id } of rows) verified.add(id);
  for (const id of Array.isArray(accepted?.value) ? accepted.value : []) verified.add(String(id));
  return asked.filter((id) => !verified.has(id));
}

/** Where the foreign operations that an administrator has accepted are kept. */
export function acceptedKey(clusterId: string): string {
  return `accepted-operations:${clusterId}`;
}

/** Whether what Postgres says of this Swarm is true now. */
async function look(snapshot: SwarmSnapshot, expect: Expect, verified: Set<string>): Promise<boolean> {
  const { connection, cluster, secrets } = snapshot;
  const isConnected = connection.state === "connected" && cluster !== null;
  const known = (await findExpected(database())) ?? (isConnected ? await meet(cluster) : null);
  expect(known?.clusterId ?? null);
  if (!isConnected || known?.clusterId !== cluster.id) return false;
  if (known.readOnlyReason !== null) return true;
  const foreign = await foreignOperations(database(), cluster.id, secrets.values(), verified);
  if (foreign.length === 0) return true;
  await database().swarm.updateMany({
    where: { clusterId: cluster.id, readOnlyReason: null },
    data: { readOnlyReason: foreignSentence },
  });
  return true;
}

const foreignSentence =
  "This Swarm holds secrets of a Skep that this database does not know: it may be a restored backup, or another Skep works here.";

/** Of two instances that meet a Swarm at once, the second takes what the first wrote. */
function meet({ id, name }: ClusterObject): ReturnType<typeof findExpected> {
  return transaction(async (tx) => {
    await takeLock(tx, "known-swarm");
    const known = await findExpected(tx);
    if (known) return known;
    return tx.swarm.upsert({
      where: { clusterId: id },
      create: { clusterId: id, name, isExpected: true },
      update: { name, isExpected: true },
    });
  });
}

function findExpected(tx: Transaction): Promise<{ clusterId: string; readOnlyReason: string | null } | null> {
  return tx.swarm.findFirst({ where: { isExpected: true }, orderBy: { firstSeenAt: "desc" } });
}
