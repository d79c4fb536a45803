import "server-only";
import type { Database, Prisma } from "#lib/db/client.ts";
import type { Role } from "#lib/policy/schema.ts";
import type { ReferenceChange } from "#lib/swarm/schema.ts";
import type { VersionState } from "./schema.ts";
import type { KnownVersion, ServiceWrite } from "./store-port.ts";

export async function versionsOf(db: Database, where: Prisma.VersionWhereInput): Promise<KnownVersion[]> {
  const rows = await db.version.findMany({ where, include: { secret: { select: { name: true } } } });
  return rows.map(({ id, secretId, number, objectId, objectName, secret, state, retireAfter, retireRequestedBy }) => ({
    versionId: id,
    secretId,
    secretName: secret.name,
    number,
    objectId,
    objectName,
    retireRequestedBy,
    state: state as VersionState,
    retireAfter: retireAfter?.toISOString() ?? null,
  }));
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
  name: string;
  changes: ReferenceChange[] | null;
  wasConfirmed: boolean | null;
  isResumed: boolean | null;
};

/** Out of the ledgers: what was sent to each service that ever had one of the objects by Skep's hand, in order. */
export async function readWrites(
  db: Database,
  clusterId: string,
  objectIds: readonly string[],
): Promise<ServiceWrite[]> {
  const rows = await db.$queryRaw<WriteRow[]>`
    WITH sent AS (
      SELECT s."subjectId", s."startedAt", s."name",
        CASE WHEN s."name" <> 'release' AND (s."facts"->>'isApplied')::boolean THEN s."facts"->'changes' END AS changes,
        (s."facts"->>'wasConfirmed')::boolean AS "wasConfirmed", (s."facts"->>'isResumed')::boolean AS "isResumed"
      FROM "OperationStep" s JOIN "Operation" o ON o."id" = s."operationId"
      WHERE o."clusterId" = ${clusterId} AND s."name" IN ('move', 'undo', 'release')
        AND ((s."facts"->>'isApplied')::boolean OR (s."facts"->>'isFenced')::boolean))
    SELECT "subjectId" AS "serviceId", "startedAt" AS at, "name", "wasConfirmed", "isResumed", changes FROM sent WHERE "subjectId" IN (
      SELECT "subjectId" FROM sent, jsonb_array_elements(coalesce(changes, '[]')) AS change
      WHERE change->>'fromObjectId' = ANY(${[...objectIds]}::text[])
        OR change->>'toObjectId' = ANY(${[...objectIds]}::text[]))
    ORDER BY "startedAt"`;
  return rows.map(({ serviceId, at, name, changes, wasConfirmed, isResumed }) => ({
    serviceId,
    at: at?.toISOString() ?? "",
    why: name as ServiceWrite["why"],
    changes: changes ?? [],
    wasConfirmed: wasConfirmed ?? false,
    isResumed: isResumed ?? false,
  }));
}

/** A person says it with the retirement that she asks for; it holds for whoever carries that out later. */
export async function stackConfirmed(db: Database, versionIds: readonly string[]): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT DISTINCT each->>'versionId' AS id FROM "Operation" o, jsonb_array_elements(o."plan"->'retire') AS each
    WHERE o."kind" IN ('retire', 'rotate-emergency') AND (each->>'isStackConfirmed')::boolean
      AND each->>'versionId' = ANY(${[...versionIds]}::text[])`;
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
