import "server-only";
import type { Database, Prisma } from "#lib/db/client.ts";
import type { Role } from "#lib/policy/schema.ts";
import type { ReferenceChange } from "#lib/swarm/schema.ts";
import type { VersionState } from "./schema.ts";
import type { KnownVersion, ServiceWrite, WritesAbout } from "./store-port.ts";

export async function versionsOf(db: Database, where: Prisma.VersionWhereInput): Promise<KnownVersion[]> {
  const rows = await db.version.findMany({ where, include: { secret: { select: { name: true } } } });
  return rows.map(
    ({
      id,
      secretId,
      number,
      objectId,
      objectName,
      sourceVersionId,
      secret,
      state,
      retireAfter,
      retireRequestedBy,
      isStackConfirmed,
    }) => ({
      versionId: id,
      secretId,
      secretName: secret.name,
      number,
      objectId,
      objectName,
      sourceVersionId,
      retireRequestedBy,
      isStackConfirmed,
      state: state as VersionState,
      retireAfter: retireAfter?.toISOString() ?? null,
    }),
  );
}

export async function openOperations(db: Database, secretIds: readonly string[]) {
  return db.operationSecret.findMany({
    where: { secretId: { in: [...secretIds] }, isOpen: true },
    select: { operationId: true, secretId: true },
  });
}

export async function roleOf(db: Database, personId: string): Promise<Role | null> {
  const person = await db.person.findUnique({ where: { id: personId } });
  return person && person.disabledAt === null ? (person.role as Role) : null;
}

type WriteRow = {
  serviceId: string;
  at: Date | null;
  changes: ReferenceChange[] | null;
  found: ServiceWrite["found"];
  isResumed: boolean | null;
  releasedAs: number | null;
};

/** Out of the ledgers: what was sent to these services, in the order of time. */
export async function readWrites(db: Database, clusterId: string, about: WritesAbout): Promise<ServiceWrite[]> {
  const serviceIds = "serviceIds" in about ? about.serviceIds : await servicesThatHad(db, clusterId, about.objectIds);
  if (serviceIds.length === 0) return [];
  const rows = await db.$queryRaw<WriteRow[]>`
    SELECT s."subjectId" AS "serviceId", s."startedAt" AS at,
      CASE WHEN s."name" <> 'release' AND (s."facts"->>'isApplied')::boolean THEN s."facts"->'changes' END AS changes,
      nullif(s."facts"->'found', 'null') AS found, (s."facts"->>'isResumed')::boolean AS "isResumed",
      (s."facts"->>'releasedAs')::float8 AS "releasedAs"
    FROM "OperationStep" s JOIN "Operation" o ON o."id" = s."operationId"
    WHERE s."subjectId" = ANY(${[...serviceIds]}::text[]) AND s."name" IN ('move', 'undo', 'release')
      AND o."clusterId" = ${clusterId}
      AND ((s."facts"->>'isApplied')::boolean OR (s."facts"->>'isFenced')::boolean)
    ORDER BY s."startedAt"`;
  return rows.map(({ at, changes, isResumed, ...row }) => ({
    ...row,
    at: at?.toISOString() ?? "",
    changes: changes ?? [],
    isResumed: isResumed ?? false,
  }));
}

async function servicesThatHad(db: Database, clusterId: string, objectIds: readonly string[]): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT DISTINCT s."subjectId" AS id
    FROM unnest(${[...objectIds]}::text[]) AS object(id) CROSS JOIN (VALUES ('fromObjectId'), ('toObjectId')) AS side(key)
    JOIN "OperationStep" s ON s."facts"->'changes' @> jsonb_build_array(jsonb_build_object(side.key, object.id))
    JOIN "Operation" o ON o."id" = s."operationId"
    WHERE s."name" IN ('move', 'undo') AND (s."facts"->>'isApplied')::boolean AND o."clusterId" = ${clusterId}`;
  return rows.map(({ id }) => id);
}

export async function repeatedCreations(
  db: Database,
  versionIds: readonly string[],
): Promise<{ versionId: string; at: string }[]> {
  return db.$queryRaw<{ versionId: string; at: string }[]>`
    SELECT "subjectId" AS "versionId", "facts"->>'repeatedAt' AS at FROM "OperationStep"
    WHERE "name" = 'create' AND "subjectId" = ANY(${[...versionIds]}::text[]) AND "facts"->>'repeatedAt' IS NOT NULL`;
}
