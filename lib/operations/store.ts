import "server-only";
import { appendAudit } from "#lib/audit/append.ts";
import { type Database, database } from "#lib/db/client.ts";
import { isUniqueViolation } from "#lib/db/errors.ts";
import { notify } from "#lib/db/notify.ts";
import { joinSql, type Sql, sql } from "#lib/db/sql.ts";
import { type Transaction, transaction } from "#lib/db/transaction.ts";
import { AppError } from "#lib/errors.ts";
import type { Operation } from "./ledger.ts";
import { lockOrigins, operationsSeen, refuseOvertaken } from "./seen.ts";
import { openOperations, readWrites, repeatedCreations, roleOf, versionsOf } from "./store-knowledge.ts";
import {
  type Lease,
  type Leased,
  leaseSeconds,
  type NewOperation,
  type OperationChange,
  type OperationEvent,
  type OperationStore,
  type PersonsWish,
  type Save,
  type Saved,
  type WishedOf,
} from "./store-port.ts";
import { applyRecords } from "./store-records.ts";
import { readOperation, writeSteps } from "./store-rows.ts";
import { busyWith } from "./view.ts";
import { isAsWished } from "./wished.ts";

/** The executor's memory in Postgres. Leases and waits are measured by Postgres's own time. */
export function operationStore(chosen?: Database): OperationStore {
  const db = () => chosen ?? database();
  const inside = <T>(work: (tx: Transaction) => Promise<T>) => transaction(work, { database: db() });
  return {
    insert: (operation, options = {}) => insert(db(), operation, options.leaseFor ?? null),
    find: (id) => readOperation(db(), id),
    findDue: (limit) => findDue(db(), limit),
    lease: (id, owner) => inside((tx) => lease(tx, id, owner)),
    renew: (held) => inside(async (tx) => void (await hold(tx, held))),
    save: (held, save) => inside((tx) => saveAll(tx, held, save)),
    release: (held, wakeInSeconds) => inside((tx) => release(tx, held, wakeInSeconds)),
    lockServices: (held, clusterId, serviceIds) => inside((tx) => lockServices(tx, held, clusterId, serviceIds)),
    wish: (id, wish, onlyIf) => inside((tx) => makeWish(tx, id, wish, onlyIf)),
    findRole: (personId) => roleOf(db(), personId),
    async isAutomationPaused() {
      const setting = await db().setting.findUnique({ where: { key: "automation" } });
      return (setting?.value as { isPaused?: boolean } | null)?.isPaused === true;
    },
    async findReadOnlyReason(clusterId) {
      return (await db().swarm.findUnique({ where: { clusterId } }))?.readOnlyReason ?? null;
    },
    findVersionsOfLogin: (clusterId, rotatorId, login) =>
      versionsOf(db(), { clusterId, rotatorId, login, state: { not: "removed" } }),
    findVersions: (clusterId, objectIds) => versionsOf(db(), { clusterId, objectId: { in: [...objectIds] } }),
    findServiceWrites: (clusterId, about) => readWrites(db(), clusterId, about),
    findOpen: (secretIds) => openOperations(db(), secretIds),
    findRepeatedCreations: (versionIds) => repeatedCreations(db(), versionIds),
    findRetiring: (clusterId) => findRetiring(db(), clusterId),
  };
}

const leaseTime = sql`now() + make_interval(secs => ${leaseSeconds}::double precision)`;

async function insert(db: Database, given: NewOperation, leaseFor: string | null): Promise<Leased> {
  const { id, plan, actor, isValueInRequest, steps, records, events } = given;
  const { clusterId, kind } = plan;
  const secretIds = [...new Set(plan.secrets.map(({ secretId }) => secretId))].sort();
  await transaction(
    async (tx) => {
      await lockOrigins(tx, plan);
      await tx.$executeRaw`
        INSERT INTO "Operation" ("id", "clusterId", "kind", "plan", "actor", "isValueInRequest", "nextWakeAt",
          "leaseToken", "leaseOwner", "leaseUntil")
        VALUES (${id}, ${clusterId}, ${kind}, ${JSON.stringify(plan)}::jsonb, ${JSON.stringify(actor)}::jsonb,
          ${isValueInRequest}, CASE WHEN ${leaseFor}::text IS NULL THEN now() ELSE NULL END,
          ${leaseFor === null ? 0 : 1}, ${leaseFor},
          CASE WHEN ${leaseFor}::text IS NULL THEN NULL ELSE ${leaseTime} END)`;
      await tx.operationSecret
        .createMany({ data: secretIds.map((secretId) => ({ operationId: id, secretId })) })
        .catch((cause: unknown) => {
          throw isUniqueViolation(cause) ? new SecretBusy() : cause;
        });
      await refuseStale(tx, given);
      await writeSteps(tx, id, steps);
      await applyRecords(tx, records, { id, clusterId });
      await appendAll(tx, { id, clusterId }, events);
    },
    { database: db },
  ).catch(async (cause: unknown) => {
    throw cause instanceof SecretBusy ? await busy(db, secretIds) : cause;
  });
  const operation = await readOperation(db, id);
  if (!operation) throw new AppError("unexpected", "The operation is gone. Look at the list of operations.");
  const lease = { operationId: id, token: leaseFor === null ? 0n : 1n };
  return { lease, operation, wasAbandoned: false, leasedAt: operation.createdAt };
}

/** Whoever else has one of the secrets open waits at its unique row until this commits, so what is counted here holds. */
async function refuseStale(tx: Transaction, { plan, seen = {} }: NewOperation): Promise<void> {
  const ids = Object.keys(seen);
  if (ids.length === 0) return;
  const now = await operationsSeen(tx, ids);
  const own = new Set(plan.secrets.map(({ secretId }) => secretId));
  for (const id of ids) {
    const counted = now[id];
    if (counted && own.has(id)) now[id] = { ...counted, all: counted.all - 1, open: counted.open - 1 };
  }
  refuseOvertaken(seen, now);
}

class SecretBusy extends Error {}

async function busy(db: Database, secretIds: string[]): Promise<AppError> {
  const [open] = await openOperations(db, secretIds);
  const operation = open && (await readOperation(db, open.operationId));
  return busyWith(operation?.plan ?? null);
}

async function findDue(db: Database, limit: number): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT "id" FROM "Operation" o WHERE ${isFree} AND ("nextWakeAt" <= now() OR "leaseOwner" IS NOT NULL)
    ORDER BY "createdAt" LIMIT ${limit}`;
  return rows.map(({ id }) => id);
}

/** R18: nothing of a Swarm that an administrator has to decide about resumes. */
const isFree = sql`o."state" = 'open' AND (o."leaseOwner" IS NULL OR o."leaseUntil" < now())
  AND NOT EXISTS (SELECT 1 FROM "Swarm" s WHERE s."clusterId" = o."clusterId" AND s."readOnlyReason" IS NOT NULL)`;

async function lease(tx: Transaction, id: string, owner: string): Promise<Leased | null> {
  const [row] = await tx.$queryRaw<{ token: bigint; before: string | null; at: Date }[]>`
    WITH held AS (SELECT "id", "leaseOwner" FROM "Operation" o WHERE o."id" = ${id} AND ${isFree} FOR UPDATE)
    UPDATE "Operation" o SET "leaseToken" = o."leaseToken" + 1, "leaseOwner" = ${owner}, "leaseUntil" = ${leaseTime},
      "nextWakeAt" = NULL
    FROM held WHERE o."id" = held."id" RETURNING o."leaseToken" AS token, held."leaseOwner" AS before, now() AS at`;
  if (!row) return null;
  const operation = await readOperation(tx, id);
  if (!operation) return null;
  const { token, before, at } = row;
  return { lease: { operationId: id, token }, operation, wasAbandoned: before !== null, leasedAt: at.toISOString() };
}

type Header = Pick<Operation, "clusterId" | "direction" | "state" | "attention" | "revision">;

/** The token is asked, the row is locked until the commit, and the lease begins anew: all in one statement. */
async function hold(tx: Transaction, { operationId, token }: Lease): Promise<Header> {
  const [row] = await tx.$queryRaw<Header[]>`
    UPDATE "Operation" SET "leaseUntil" = ${leaseTime}
    WHERE "id" = ${operationId} AND "leaseToken" = ${token} AND "leaseOwner" IS NOT NULL
    RETURNING "clusterId", "direction", "state", "attention", "revision"`;
  if (!row) throw new AppError("lease-lost", "Another worker has taken this operation over.");
  return row;
}

async function saveAll(tx: Transaction, held: Lease, save: Save): Promise<Saved> {
  const { clusterId, ...header } = await hold(tx, held);
  const { revision } = header;
  const { direction = header.direction, revision: seen = revision } = save.onlyIf ?? {};
  if (direction !== header.direction || seen !== revision) return { isSaved: false, ...header };
  const { steps = [], records = [], events = [], unlock = [], operation = {} } = save;
  const context = { id: held.operationId, clusterId };
  const isVisible = steps.length > 0 || Object.keys(operation).length > 0;
  if (steps.length > 0) await writeSteps(tx, held.operationId, steps);
  if (records.length > 0) await applyRecords(tx, records, context);
  if (isVisible) await changeOperation(tx, held.operationId, operation);
  if (unlock.length > 0) await unlockServices(tx, context, unlock);
  await appendAll(tx, context, events);
  const { attention = header.attention } = operation;
  const after = { direction: operation.direction ?? header.direction, state: operation.state ?? header.state };
  return { isSaved: true, ...after, attention, revision: isVisible ? revision + 1 : revision };
}

async function changeOperation(tx: Transaction, id: string, change: OperationChange): Promise<void> {
  const { state, direction, outcome, verification, attention, outage, endedAt, isValueInRequest } = change;
  const sets: Sql[] = [sql`"revision" = "revision" + 1`];
  if (state !== undefined) sets.push(sql`"state" = ${state}`);
  if (direction !== undefined) sets.push(sql`"direction" = ${direction}`);
  if (outcome !== undefined) sets.push(sql`"outcome" = ${outcome}`);
  if (verification !== undefined) sets.push(sql`"verification" = ${verification}`);
  if (attention !== undefined) sets.push(sql`"attention" = ${attention && JSON.stringify(attention)}::jsonb`);
  if (outage !== undefined) sets.push(sql`"outage" = ${outage && JSON.stringify(outage)}::jsonb`);
  if (endedAt !== undefined) sets.push(sql`"endedAt" = ${endedAt && new Date(endedAt)}`);
  if (isValueInRequest !== undefined) sets.push(sql`"isValueInRequest" = ${isValueInRequest}`);
  await tx.$executeRaw`UPDATE "Operation" SET ${joinSql(sets, ", ")} WHERE "id" = ${id}`;
  if (state === "ended") await tx.operationSecret.updateMany({ where: { operationId: id }, data: { isOpen: false } });
}

/** While it is leased, only a person's wish gives it a time. */
async function release(tx: Transaction, { operationId, token }: Lease, wakeInSeconds: number | null): Promise<void> {
  const [row] = await tx.$queryRaw<{ isDue: boolean | null }[]>`
    UPDATE "Operation" SET "leaseOwner" = NULL, "leaseUntil" = NULL,
      "nextWakeAt" = CASE WHEN "state" = 'open'
        THEN LEAST("nextWakeAt", now() + make_interval(secs => ${wakeInSeconds ?? 0}::double precision)) END
    WHERE "id" = ${operationId} AND "leaseToken" = ${token}
    RETURNING "nextWakeAt" <= now() AS "isDue"`;
  if (row?.isDue) await notify(tx, "skep_operation", operationId);
}

async function lockServices(
  tx: Transaction,
  held: Lease,
  clusterId: string,
  serviceIds: readonly string[],
): Promise<string[]> {
  await hold(tx, held);
  const wanted = [...new Set(serviceIds)].sort();
  await tx.$executeRaw`
    INSERT INTO "ServiceLock" ("clusterId", "serviceId", "operationId")
    SELECT ${clusterId}, id, ${held.operationId} FROM unnest(${wanted}::text[]) AS id ORDER BY id
    ON CONFLICT DO NOTHING`;
  const rows = await tx.serviceLock.findMany({
    where: { clusterId, serviceId: { in: wanted }, operationId: held.operationId },
    select: { serviceId: true },
  });
  return rows.map(({ serviceId }) => serviceId);
}

async function unlockServices(
  tx: Transaction,
  { id, clusterId }: { id: string; clusterId: string },
  unlock: NonNullable<Save["unlock"]>,
): Promise<void> {
  const services = unlock === "all" ? {} : { serviceId: { in: [...unlock] } };
  await tx.serviceLock.deleteMany({ where: { operationId: id, clusterId, ...services } });
}

async function makeWish(
  tx: Transaction,
  id: string,
  { direction, attention, state, event }: PersonsWish,
  onlyIf: WishedOf,
): Promise<void> {
  const [row] = await tx.$queryRaw<Pick<Operation, "clusterId" | "state" | "direction" | "revision">[]>`
    SELECT "clusterId", "state", "direction", "revision" FROM "Operation" WHERE "id" = ${id} FOR UPDATE`;
  if (!row) throw new AppError("not-found", "There is no such operation. Look at the list of operations.");
  if (!isAsWished(row, onlyIf)) {
    throw new AppError("plan-changed", "The operation has moved on meanwhile. Look at it again.");
  }
  await changeOperation(tx, id, {
    ...(direction && { direction }),
    ...(attention && { attention }),
    ...(state && { state }),
  });
  await tx.$executeRaw`UPDATE "Operation" SET "nextWakeAt" = now() WHERE "id" = ${id}`;
  await notify(tx, "skep_operation", id);
  await appendAll(tx, { id, clusterId: row.clusterId }, [event]);
}

async function appendAll(
  tx: Transaction,
  { id, clusterId }: { id: string; clusterId: string },
  events: readonly OperationEvent[],
): Promise<void> {
  for (const { actor, detail } of events) await appendAudit(tx, { actor, detail, clusterId, operationId: id });
}

async function findRetiring(db: Database, clusterId: string) {
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT v."id" FROM "Version" v
    WHERE v."clusterId" = ${clusterId} AND v."retireAfter" <= now() AND v."objectId" IS NOT NULL
      AND v."state" IN ('current', 'previous', 'abandoned')
      AND NOT EXISTS (SELECT 1 FROM "OperationSecret" s WHERE s."secretId" = v."secretId" AND s."isOpen")
    ORDER BY v."retireAfter" LIMIT 200`;
  return versionsOf(db, { id: { in: rows.map(({ id }) => id) } });
}
