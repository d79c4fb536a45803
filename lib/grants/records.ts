import "server-only";
import { database, type Prisma } from "#lib/db/client.ts";
import type { Generator, Order, SecretSettings, VersionState } from "#lib/operations/schema.ts";

/** What Postgres knows of a secret: the record that the Swarm is compared with. */
export type SecretRecord = {
  id: string;
  name: string;
  settings: SecretSettings;
  isAdopted: boolean;
  /** ISO 8601. */
  createdAt: string;
  removedAt: string | null;
  versions: VersionRecord[];
  grants: GrantRecord[];
};

export type VersionRecord = {
  id: string;
  number: number;
  objectId: string | null;
  objectName: string;
  state: VersionState;
  createdAt: string;
  promotedAt: string | null;
  retireAfter: string | null;
  retireRequestedBy: string | null;
  /** The operation that made it, or moved services to it last. */
  operationId: string | null;
  removedAt: string | null;
};

export type GrantRecord = {
  serviceId: string;
  serviceName: string;
  target: string;
  uid: string;
  gid: string;
  mode: number;
  objectId: string;
};

/** Secrets of one Swarm, removed ones too: their numbers are never used again. */
export async function readRecords(clusterId: string, where: Prisma.SecretWhereInput = {}): Promise<SecretRecord[]> {
  const rows = await database().secret.findMany({
    where: { ...where, clusterId },
    include: { versions: { orderBy: { number: "desc" } }, grants: true },
    orderBy: { name: "asc" },
  });
  return rows.map(recordOf);
}

type SecretRow = Prisma.SecretGetPayload<{ include: { versions: true; grants: true } }>;

function recordOf(row: SecretRow): SecretRecord {
  return {
    ...{ id: row.id, name: row.name, isAdopted: row.isAdopted },
    ...{ createdAt: row.createdAt.toISOString(), removedAt: row.removedAt?.toISOString() ?? null },
    settings: settingsOf(row),
    versions: row.versions.map(versionOf),
    grants: row.grants.map(({ serviceId, serviceName, target, uid, gid, mode, objectId }) => ({
      ...{ serviceId, serviceName, target, uid, gid, mode, objectId },
    })),
  };
}

function settingsOf(row: SecretRow): SecretSettings {
  const { owner, description, tags, soakSeconds, keepSeconds, oldValueStaysValid } = row;
  return {
    ...{ owner, description, tags, soakSeconds, keepSeconds, oldValueStaysValid },
    generator: (row.generator as Generator | null) ?? null,
    order: row.order as Order,
  };
}

function versionOf(row: SecretRow["versions"][number]): VersionRecord {
  const { id, number, objectId, objectName, retireRequestedBy, operationId } = row;
  return {
    ...{ id, number, objectId, objectName, retireRequestedBy, operationId },
    state: row.state as VersionState,
    createdAt: row.createdAt.toISOString(),
    promotedAt: row.promotedAt?.toISOString() ?? null,
    retireAfter: row.retireAfter?.toISOString() ?? null,
    removedAt: row.removedAt?.toISOString() ?? null,
  };
}
