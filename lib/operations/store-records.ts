import "server-only";
import { randomUUID } from "node:crypto";
import type { Transaction } from "#lib/db/client.ts";
import { isUniqueViolation } from "#lib/db/errors.ts";
import { transactionTime } from "#lib/db/time.ts";
import { AppError } from "#lib/errors.ts";
import { pathOfTarget, type ReferenceChange, type SecretReference } from "#lib/swarm/schema.ts";
import type { PlannedRecord, SecretSettings } from "./schema.ts";
import type { RecordChange } from "./store-port.ts";

type Context = { id: string; clusterId: string };
type Of<R extends RecordChange["record"]> = Extract<RecordChange, { record: R }>;

/** Writes what now holds of secrets, versions and grants, in the transaction that says why. */
export async function applyRecords(tx: Transaction, changes: readonly RecordChange[], context: Context): Promise<void> {
  for (const change of changes) await applyRecord(tx, change, context);
}

async function applyRecord(tx: Transaction, change: RecordChange, context: Context): Promise<void> {
  switch (change.record) {
    case "planned":
      return applyPlanned(tx, change.planned, context);
    case "secret-forgotten":
      await tx.secret.deleteMany({ where: { id: change.secretId, versions: { none: {} } } });
      return;
    case "adoption-forgotten":
      return forgetAdoption(tx, change, context);
    case "version-intended":
      return intendVersion(tx, change, context);
    case "version-made":
      await tx.version.updateMany({ where: { id: change.versionId }, data: { objectId: change.objectId } });
      return;
    case "version-given-up":
      await tx.$executeRaw`UPDATE "Version" SET "id" = ${change.as}, "state" = 'abandoned', "retireRequestedBy" = 'Skep',
        "retireAfter" = now() + make_interval(secs => ${change.keepSeconds}::double precision) WHERE "id" = ${change.versionId}`;
      return;
    case "version-forgotten":
      await tx.version.deleteMany({ where: { id: change.versionId, objectId: null } });
      return;
    case "version-current":
      return promote(tx, change, context);
    case "version-abandoned":
      await tx.$executeRaw`UPDATE "Version" SET "state" = 'abandoned', "retireAfter" = now(),
        "retireRequestedBy" = 'Skep' WHERE "id" = ${change.versionId}`;
      return;
    case "version-not-set":
      await tx.version.updateMany({ where: { id: change.versionId }, data: { rotatorId: null, login: null } });
      return;
    case "version-retiring":
      await tx.$executeRaw`UPDATE "Version" SET "retireRequestedBy" = ${change.requestedBy},
        "isStackConfirmed" = ${change.isStackConfirmed},
        "retireAfter" = now() + make_interval(secs => ${change.keepSeconds}::double precision)
        WHERE "id" = ${change.versionId} AND "state" <> 'removed'`;
      return;
    case "version-kept":
      await tx.version.updateMany({
        where: { id: change.versionId, state: { not: "removed" } },
        data: notRetiring,
      });
      return;
    case "version-removed":
      return removeVersion(tx, change.versionId);
    case "grants-changed":
      return changeGrants(tx, change, context);
    case "grants-seen":
      return seeGrants(tx, change, context);
    case "import-begun":
      return beginImported(tx, change);
  }
}

async function intendVersion(
  tx: Transaction,
  change: Of<"version-intended">,
  { id: operationId, clusterId }: Context,
): Promise<void> {
  const { versionId: id, secretId, number, objectName } = change;
  const { sourceVersionId = null, bindingId = null, rotatorId = null, login = null } = change;
  const from = { sourceVersionId, bindingId, rotatorId, login, createdAt: await transactionTime(tx) };
  await tx.version.upsert({
    where: { id },
    create: { id, clusterId, secretId, number, objectName, ...from, state: "pending", operationId },
    update: { number, objectName },
  });
}

const notRetiring = { retireAfter: null, retireRequestedBy: null, isStackConfirmed: false };

async function applyPlanned(tx: Transaction, planned: PlannedRecord, { id, clusterId }: Context): Promise<void> {
  if (planned.record === "take-over" || planned.record === "keep") return;
  if (planned.record === "edit") {
    const { secretId: edited, after } = planned;
    await tx.secret.updateMany({ where: { id: edited }, data: columnsOf(after) });
    if (after.generator === null) await tx.$executeRaw`UPDATE "Secret" SET "generator" = NULL WHERE "id" = ${edited}`;
    return;
  }
  const { secretId, name, settings } = planned;
  const isAdopted = planned.record === "adopt";
  try {
    await tx.secret.create({ data: { id: secretId, clusterId, name, isAdopted, ...columnsOf(settings) } });
  } catch (cause) {
    if (!isUniqueViolation(cause)) throw cause;
    throw new AppError("name-taken", `There is a secret named ${name} already. Choose another name.`, {
      cause,
      field: "name",
    });
  }
  if (planned.record === "create") return;
  await adoptVersions(tx, planned, { id, clusterId });
}

async function adoptVersions(
  tx: Transaction,
  { secretId, versions }: Extract<PlannedRecord, { record: "adopt" }>,
  { id, clusterId }: Context,
): Promise<void> {
  const objectIds = versions.map(({ objectId }) => objectId);
  const taken = await tx.version.findFirst({ where: { clusterId, objectId: { in: objectIds } } });
  if (taken) throw adoptedAlready(taken.objectName);
  const rows = tx.version.createMany({
    data: versions.map(({ versionId, createdAt, ...version }) => ({
      id: versionId,
      clusterId,
      secretId,
      operationId: id,
      ...version,
      createdAt: new Date(createdAt),
      promotedAt: version.state === "current" ? new Date() : null,
    })),
  });
  await rows.catch((cause: unknown) => {
    throw isUniqueViolation(cause) ? adoptedAlready(versions[0]?.objectName ?? "", cause) : cause;
  });
}

/** Two people, the same object, the same moment. */
function adoptedAlready(objectName: string, cause?: unknown): AppError {
  const sentence = `${objectName} was adopted by somebody else a moment ago. Look at the list of secrets.`;
  return new AppError("plan-changed", sentence, { cause });
}

async function forgetAdoption(tx: Transaction, { secretId }: Of<"adoption-forgotten">, { id }: Context): Promise<void> {
  await tx.grant.deleteMany({ where: { secretId } });
  await tx.version.deleteMany({ where: { secretId, operationId: id } });
  await tx.secret.deleteMany({ where: { id: secretId, versions: { none: {} } } });
}

/** An empty column of JSON is one that is left out; an update empties it by itself. */
function columnsOf({ generator, ...settings }: SecretSettings) {
  return { ...settings, generator: generator ?? undefined };
}

/** From now on whoever finds it goes by its operation, so its lease is given back. */
async function beginImported(tx: Transaction, { itemId: id, token }: Of<"import-begun">): Promise<void> {
  const held = { id, token, state: "running" };
  const { count } = await tx.importItem.updateMany({ where: held, data: { leaseUntil: null } });
  if (count === 0) throw new AppError("lease-lost", "Another instance has taken this part of the import over.");
}

async function promote(
  tx: Transaction,
  { secretId, versionId, number }: Of<"version-current">,
  { id }: Context,
): Promise<void> {
  const chosen = versionId === undefined ? { number: number ?? -1 } : { id: versionId };
  const isThere = await tx.version.count({ where: { secretId, state: { not: "removed" }, ...chosen } });
  if (isThere === 0) return;
  await tx.version.updateMany({
    where: { secretId, state: "current", NOT: chosen },
    data: { state: "previous" },
  });
  await tx.version.updateMany({
    where: { secretId, ...chosen },
    data: { state: "current", promotedAt: await transactionTime(tx), operationId: id, ...notRetiring },
  });
}

async function removeVersion(tx: Transaction, versionId: string): Promise<void> {
  const now = new Date();
  const version = await tx.version.findUnique({ where: { id: versionId } });
  if (!version || version.state === "removed") return;
  await tx.version.update({ where: { id: versionId }, data: { state: "removed", removedAt: now } });
  const { secretId } = version;
  if ((await tx.version.count({ where: { secretId, state: { not: "removed" } } })) > 0) return;
  await tx.secret.updateMany({ where: { id: secretId, removedAt: null }, data: { removedAt: now } });
  await tx.grant.deleteMany({ where: { secretId } });
}

async function changeGrants(
  tx: Transaction,
  { serviceId, serviceName, changes }: Of<"grants-changed">,
  { clusterId }: Context,
): Promise<void> {
  for (const change of changes) {
    const { target, fromObjectId, toObjectId } = change;
    if (change.change === "removed" || toObjectId === null) {
      const path = pathOfTarget(target);
      await tx.grant.deleteMany({ where: { clusterId, serviceId, path, objectId: fromObjectId ?? "" } });
      continue;
    }
    const owner = await tx.version.findUnique({ where: { clusterId_objectId: { clusterId, objectId: toObjectId } } });
    if (!owner) continue;
    const reference = referenceOf(change, toObjectId);
    await setGrant(tx, { clusterId, secretId: owner.secretId, serviceId, serviceName }, reference);
  }
}

function referenceOf({ target, uid, gid, mode }: ReferenceChange, objectId: string) {
  return { target, uid, gid, mode, objectId };
}

type GrantOwner = { clusterId: string; secretId: string; serviceId: string; serviceName: string };

async function setGrant(
  tx: Transaction,
  owner: GrantOwner,
  { target, uid, gid, mode, objectId }: Pick<SecretReference, "target" | "uid" | "gid" | "mode" | "objectId">,
): Promise<void> {
  const { clusterId, serviceId } = owner;
  const path = pathOfTarget(target);
  const facts = { ...owner, target, uid, gid, mode, objectId };
  await tx.grant.upsert({
    where: { clusterId_serviceId_path: { clusterId, serviceId, path } },
    create: { id: randomUUID(), path, ...facts },
    update: { ...facts, recordedAt: new Date() },
  });
}

async function seeGrants(
  tx: Transaction,
  { secretId, services }: Of<"grants-seen">,
  { clusterId }: Context,
): Promise<void> {
  const versions = await tx.version.findMany({ where: { secretId }, select: { objectId: true } });
  const own = new Set(versions.map(({ objectId }) => objectId));
  for (const { serviceId, serviceName, references } of services) {
    await tx.grant.deleteMany({ where: { clusterId, secretId, serviceId } });
    for (const reference of references) {
      if (!own.has(reference.objectId)) continue;
      await setGrant(tx, { clusterId, secretId, serviceId, serviceName }, reference);
    }
  }
}
