import "server-only";
import type { NewEvent } from "#lib/audit/schema.ts";
import { AppError } from "#lib/errors.ts";
import type { Role } from "#lib/policy/schema.ts";
import type { Operation } from "./ledger.ts";
import { applyRecord, type Books, emptyBooks, retiringIn, versionsIn } from "./memory-books.ts";
import {
  type Lease,
  leaseSeconds,
  type NewOperation,
  type OperationEvent,
  type OperationStore,
  type PersonsWish,
  type Save,
  type ServiceWrite,
} from "./store-port.ts";

type Row = {
  operation: Operation;
  token: bigint;
  owner: string | null;
  leaseUntil: number;
  wakeAt: number | null;
};

export type MemoryStore = OperationStore & {
  readonly events: NewEvent[];
  readonly books: Books;
  /** What the clock of the database says; tests move it. */
  readonly roles: Map<string, Role>;
  readonly readOnly: Set<string>;
  isPaused: boolean;
  /** While set, every method fails with it. */
  outage: AppError | null;
  locks: ReadonlyMap<string, string>;
};

/** A store for tests: what Postgres does, without Postgres. Both pass the same contract. */
export function memoryStore(now: () => number): MemoryStore {
  const rows = new Map<string, Row>();
  const locks = new Map<string, string>();
  const events: NewEvent[] = [];
  const books = emptyBooks();
  const roles = new Map<string, Role>();
  const readOnly = new Set<string>();

  const held = (row: Row) => row.owner !== null && row.leaseUntil > now();
  const unfinished = () => [...rows.values()].filter(({ operation }) => operation.state !== "ended");

  function rowOf(lease: Lease): Row {
    const row = rows.get(lease.operationId);
    if (!row || row.token !== lease.token || row.owner === null) throw leaseLost();
    return row;
  }

  function append({ operation }: Row, added: readonly OperationEvent[]): void {
    const { clusterId, id } = operation;
    for (const each of added) events.push({ ...structuredClone(each), clusterId, operationId: id });
  }

  function grantLease(row: Row, owner: string) {
    const wasAbandoned = row.owner !== null;
    row.token += 1n;
    row.owner = owner;
    row.leaseUntil = now() + leaseSeconds * 1000;
    const lease = { operationId: row.operation.id, token: row.token };
    return { lease, operation: structuredClone(row.operation), wasAbandoned };
  }

  const methods: OperationStore = {
    async insert(given: NewOperation, { leaseFor } = {}) {
      const wanted = new Set(given.plan.secrets.map(({ secretId }) => secretId));
      const other = unfinished().find(({ operation }) =>
        operation.plan.secrets.some(({ secretId }) => wanted.has(secretId)),
      );
      if (other) throw busy(other.operation);
      const operation = operationOf(given, now());
      const row: Row = { operation, token: 0n, owner: null, leaseUntil: 0, wakeAt: now() };
      for (const record of given.records) applyRecord(books, record, operation, now());
      rows.set(operation.id, row);
      append(row, given.events);
      if (leaseFor !== undefined) return grantLease(row, leaseFor);
      return {
        lease: { operationId: operation.id, token: 0n },
        operation: structuredClone(operation),
        wasAbandoned: false,
      };
    },
    async find(id) {
      const row = rows.get(id);
      return row ? structuredClone(row.operation) : null;
    },
    async findDue(limit) {
      return unfinished()
        .filter((row) => row.operation.state === "open" && !held(row) && row.wakeAt !== null && row.wakeAt <= now())
        .filter(({ operation }) => !readOnly.has(operation.clusterId))
        .slice(0, limit)
        .map(({ operation }) => operation.id);
    },
    async lease(id, owner) {
      const row = rows.get(id);
      if (row?.operation.state !== "open" || held(row) || readOnly.has(row.operation.clusterId)) return null;
      return grantLease(row, owner);
    },
    async renew(lease) {
      rowOf(lease).leaseUntil = now() + leaseSeconds * 1000;
    },
    async save(lease, save) {
      return saveTo(rowOf(lease), save);
    },
    async release(lease, wakeInSeconds) {
      const row = rowOf(lease);
      row.owner = null;
      row.wakeAt = wakeInSeconds === null ? null : now() + wakeInSeconds * 1000;
    },
    async lockServices(lease, clusterId, serviceIds) {
      rowOf(lease);
      return serviceIds.filter((serviceId) => {
        const key = `${clusterId} ${serviceId}`;
        const owner = locks.get(key) ?? lease.operationId;
        locks.set(key, owner);
        return owner === lease.operationId;
      });
    },
    async wish(id, wish: PersonsWish, onlyIf) {
      const row = rows.get(id);
      if (!row) throw new AppError("not-found", "There is no such operation.");
      if (!onlyIf.state.includes(row.operation.state))
        throw new AppError("plan-changed", "It has moved on. Look again.");
      const { direction, attention, state } = wish;
      Object.assign(row.operation, {
        ...(direction && { direction }),
        ...(attention && { attention }),
        ...(state && { state }),
      });
      row.operation.revision += 1;
      row.wakeAt = now();
      append(row, [wish.event]);
    },
    async findRole(personId) {
      return roles.get(personId) ?? null;
    },
    async isAutomationPaused() {
      return store.isPaused;
    },
    async findReadOnlyReason(clusterId) {
      return readOnly.has(clusterId) ? "This Swarm is not the one that was here before." : null;
    },
    async findVersions(clusterId, objectIds) {
      return versionsIn(books, clusterId).filter(({ objectId }) => objectId !== null && objectIds.includes(objectId));
    },
    async findServiceWrites(clusterId, objectIds) {
      return writesIn(
        [...rows.values()].map(({ operation }) => operation),
        clusterId,
        objectIds,
      );
    },
    async findOpen(secretIds) {
      return unfinished().flatMap(({ operation }) =>
        operation.plan.secrets
          .filter(({ secretId }) => secretIds.includes(secretId))
          .map(({ secretId }) => ({ operationId: operation.id, secretId })),
      );
    },
    async findStackConfirmed(versionIds) {
      const said = [...rows.values()].flatMap(({ operation }) => operation.plan.retire);
      return said
        .filter((each) => each.isStackConfirmed && versionIds.includes(each.versionId))
        .map((each) => each.versionId);
    },
    async findRetiring(clusterId) {
      const open = new Set(
        unfinished().flatMap(({ operation }) => operation.plan.secrets.map((each) => each.secretId)),
      );
      return retiringIn(books, clusterId, now()).filter(({ secretId }) => !open.has(secretId));
    },
  };

  function saveTo(row: Row, { onlyIf, steps = [], operation = {}, records = [], unlock = [], ...save }: Save) {
    const isSaved = onlyIf === undefined || onlyIf.direction === row.operation.direction;
    row.leaseUntil = now() + leaseSeconds * 1000;
    if (isSaved) {
      for (const step of steps) placeStep(row.operation, step);
      Object.assign(row.operation, structuredClone(operation));
      if (steps.length + Object.keys(operation).length > 0) row.operation.revision += 1;
      append(row, save.events ?? []);
      for (const record of records) applyRecord(books, record, row.operation, now());
      for (const [key, owner] of [...locks]) {
        const isNamed = unlock === "all" || unlock.some((id) => key === `${row.operation.clusterId} ${id}`);
        if (isNamed && owner === row.operation.id) locks.delete(key);
      }
    }
    const { direction, state, revision } = row.operation;
    return { isSaved, direction, state, revision };
  }

  const store: MemoryStore = {
    ...guarded(methods, () => store.outage),
    events,
    books,
    roles,
    readOnly,
    locks,
    isPaused: false,
    outage: null,
  };
  return store;
}

/** Every method fails while the database is away. */
function guarded(methods: OperationStore, outage: () => AppError | null): OperationStore {
  const entries = Object.entries(methods).map(([name, method]) => [
    name,
    async (...given: unknown[]) => {
      const away = outage();
      if (away) throw away;
      return (method as (...given: unknown[]) => unknown)(...given);
    },
  ]);
  return Object.fromEntries(entries) as OperationStore;
}

function operationOf({ id, plan, actor, steps, isValueInRequest }: NewOperation, now: number): Operation {
  return structuredClone({
    ...{ id, clusterId: plan.clusterId, kind: plan.kind, state: "open", direction: "forward" },
    ...{ outcome: null, verification: null, plan, actor, attention: null, isValueInRequest },
    ...{ createdAt: new Date(now).toISOString(), endedAt: null, nextWakeAt: null, revision: 0, steps },
  });
}

function placeStep({ steps }: Operation, given: Operation["steps"][number]): void {
  const step = structuredClone(given);
  const index = steps.findIndex(({ key }) => key === step.key);
  if (index === -1) steps.push(step);
  else steps[index] = step;
}

export function writesIn(operations: Operation[], clusterId: string, objectIds: readonly string[]): ServiceWrite[] {
  const all = operations
    .filter((operation) => operation.clusterId === clusterId)
    .flatMap(({ steps }) => steps)
    .filter(({ name, facts }) => facts.isApplied && (name === "move" || name === "undo" || name === "release"))
    .map(({ name, subjectId, startedAt, facts }) => ({
      ...{ serviceId: subjectId, at: startedAt ?? "", why: name as ServiceWrite["why"] },
      changes: name === "release" ? [] : (facts.changes ?? []),
      wasConfirmed: facts.wasConfirmed ?? false,
    }))
    .toSorted((a, b) => a.at.localeCompare(b.at));
  const touched = all.filter(({ changes }) =>
    changes.some(({ fromObjectId, toObjectId }) =>
      [fromObjectId, toObjectId].some((id) => id && objectIds.includes(id)),
    ),
  );
  const services = new Set(touched.map(({ serviceId }) => serviceId));
  return all.filter(({ serviceId }) => services.has(serviceId));
}

function busy(operation: Operation): AppError {
  const names = operation.plan.secrets.map(({ secretName }) => secretName).join(", ");
  return new AppError("busy", `Another operation on ${names} is under way. Wait for it, or stop it: ${operation.id}.`);
}

function leaseLost(): AppError {
  return new AppError("lease-lost", "Another worker has taken this operation over.");
}
