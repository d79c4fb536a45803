import "server-only";
import { database, type Prisma } from "#lib/db/client.ts";
import type { SecretReference, SwarmChange, SwarmSnapshot } from "#lib/swarm/schema.ts";
import { isRolledBack } from "#lib/swarm/standing.ts";
import { referenceChanges } from "./references.ts";

type Looking = { snapshot(): SwarmSnapshot; refreshed(): Promise<unknown> };

/**
 * What happened while no Skep was looking: the Swarm as it is now against what was last written down; null where it was
 * cut off meanwhile. The first time ever, all that is there is the beginning, and nothing is news. The Swarm is read
 * after the rows: an older look lacks what another instance has since written of a new object, as if it were removed.
 */
export async function findMissedChanges(clusterId: string, live: Looking): Promise<SwarmChange[] | null> {
  const rows = await database().seenObject.findMany({ where: { clusterId } });
  await live.refreshed();
  const snapshot = live.snapshot();
  if (connectedCluster(snapshot) !== clusterId) return null;
  if (rows.length === 0) {
    await writeBeginning(clusterId, snapshot);
    return [];
  }
  return [...ofWhatIsThere(snapshot, rows), ...ofWhatIsGone(snapshot, rows)];
}

export function connectedCluster({ cluster, connection }: SwarmSnapshot): string | null {
  return connection.state === "connected" && cluster ? cluster.id : null;
}

type SeenRow = Prisma.SeenObjectGetPayload<object>;

function ofWhatIsThere(snapshot: SwarmSnapshot, rows: readonly SeenRow[]): SwarmChange[] {
  const seen = new Map(rows.map((row) => [row.objectId, row]));
  const at = snapshot.asOf ?? "";
  const changes: SwarmChange[] = [];
  for (const after of snapshot.secrets.values()) {
    const row = seen.get(after.id);
    if (row && Number(row.versionIndex) >= after.versionIndex) continue;
    const before = row ? after : null;
    changes.push({ objectType: "secret", ...headOf(after), before, after, at });
  }
  for (const service of snapshot.services.values()) {
    const known = seen.get(service.id)?.references as SecretReference[] | undefined;
    if (referenceChanges(known ?? [], service.references).length === 0) continue;
    const before = known ?? null;
    const after = service.references;
    changes.push({ objectType: "service", ...headOf(service), before, after, isRolledBack: isRolledBack(service), at });
  }
  return changes;
}

function ofWhatIsGone(snapshot: SwarmSnapshot, rows: readonly SeenRow[]): SwarmChange[] {
  const at = snapshot.asOf ?? "";
  const changes: SwarmChange[] = [];
  for (const row of rows) {
    const isThere = snapshot.secrets.has(row.objectId) || snapshot.services.has(row.objectId);
    if (row.isGone || isThere) continue;
    const head = { objectId: row.objectId, objectName: row.objectName, versionIndex: Number(row.versionIndex) };
    const before = row.references as unknown as SecretReference[];
    if (row.objectType === "secret") changes.push({ objectType: "secret", ...head, before: null, after: null, at });
    else changes.push({ objectType: "service", ...head, before, after: null, isRolledBack: false, at });
  }
  return changes;
}

async function writeBeginning(clusterId: string, snapshot: SwarmSnapshot): Promise<void> {
  const secrets = [...snapshot.secrets.values()].map((secret) => ({
    ...headOf(secret),
    clusterId,
    objectType: "secret",
  }));
  const services = [...snapshot.services.values()]
    .filter(({ references }) => references.length > 0)
    .map((service) => ({ ...headOf(service), clusterId, objectType: "service", references: service.references }));
  await database().seenObject.createMany({ data: [...secrets, ...services], skipDuplicates: true });
}

function headOf(object: { id: string; name: string; versionIndex: number }) {
  return { objectId: object.id, objectName: object.name, versionIndex: object.versionIndex };
}
