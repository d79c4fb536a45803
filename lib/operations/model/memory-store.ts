import "server-only";
import type { NewEvent } from "#lib/audit/schema.ts";
import { AppError } from "#lib/errors.ts";
import type { Role } from "#lib/policy/schema.ts";
import type { Operation } from "../ledger.ts";
import { type OperationsSeen, refuseOvertaken } from "../seen.ts";
import {
  type Lease,
  type Leased,
  leaseSeconds,
  type NewOperation,
  type OperationEvent,
  type OperationStore,
  type PersonsWish,
  type Save,
  type Saved,
  type WishedOf,
  type WritesAbout,
} from "../store-port.ts";
import { busyWith } from "../view.ts";
import { isAsWished } from "../wished.ts";
import { applyRecords, emptyBooks } from "./memory-books.ts";
import { operationOf, placeStep, writesIn } from "./memory-rows.ts";
import { retiringIn, versionsIn, versionsOfLoginIn } from "./memory-versions.ts";

type Row = { operation: Operation; token: bigint; owner: string | null; leaseUntil: number; wakeAt: number | null };

/** A store for tests: what Postgres does, without Postgres. Both pass the same contract. */
export class MemoryStore implements OperationStore {
  readonly events: NewEvent[] = [];
  readonly books = emptyBooks();
  readonly roles = new Map<string, Role>();
  readonly readOnly = new Set<string>();
  readonly locks = new Map<string, string>();
  isPaused = false;
  /** While set, every method fails with it. */
  outage: AppError | null = null;
  readonly #rows = new Map<string, Row>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  async insert(given: NewOperation, { leaseFor }: { leaseFor?: string } = {}): Promise<Leased> {
    this.#reach();
    const wanted = new Set(given.plan.secrets.map(({ secretId }) => secretId));
    const other = this.#unfinished().find(({ operation }) =>
      operation.plan.secrets.some(({ secretId }) => wanted.has(secretId)),
    );
    if (other) throw busyWith(other.operation.plan);
    refuseOvertaken(given.seen ?? {}, this.#seen(Object.keys(given.seen ?? {})));
    const operation = operationOf(given, this.#now());
    const row: Row = { operation, token: 0n, owner: null, leaseUntil: 0, wakeAt: this.#now() };
    applyRecords(this.books, given.records, operation, this.#now());
    this.#rows.set(operation.id, row);
    this.#append(row, given.events);
    if (leaseFor !== undefined) return this.#grant(row, leaseFor);
    const lease = { operationId: operation.id, token: 0n };
    return { lease, operation: structuredClone(operation), wasAbandoned: false, leasedAt: operation.createdAt };
  }

  async find(id: string): Promise<Operation | null> {
    this.#reach();
    const row = this.#rows.get(id);
    return row ? structuredClone(row.operation) : null;
  }

  async findDue(limit: number): Promise<string[]> {
    this.#reach();
    return this.#unfinished()
      .filter((row) => this.#isFree(row) && (row.owner !== null || (row.wakeAt ?? Number.NaN) <= this.#now()))
      .slice(0, limit)
      .map(({ operation }) => operation.id);
  }

  async lease(id: string, owner: string): Promise<Leased | null> {
    this.#reach();
    const row = this.#rows.get(id);
    return row && this.#isFree(row) ? this.#grant(row, owner) : null;
  }

  async renew(lease: Lease): Promise<void> {
    this.#held(lease);
  }

  async save(lease: Lease, save: Save): Promise<Saved> {
    const row = this.#held(lease);
    const { onlyIf, steps = [], operation = {}, records = [], events = [], unlock = [] } = save;
    const { direction: wanted = row.operation.direction, revision: seen = row.operation.revision } = onlyIf ?? {};
    const isSaved = wanted === row.operation.direction && seen === row.operation.revision;
    if (isSaved) {
      // First what may be refused: then nothing of the save is kept.
      applyRecords(this.books, records, row.operation, this.#now());
      for (const step of steps) placeStep(row.operation, step);
      Object.assign(row.operation, structuredClone(operation));
      if (steps.length + Object.keys(operation).length > 0) row.operation.revision += 1;
      this.#append(row, events);
      this.#unlock(row.operation, unlock);
    }
    const { direction, state, attention, revision } = row.operation;
    return { isSaved, direction, state, attention: structuredClone(attention), revision };
  }

  async release(lease: Lease, wakeInSeconds: number | null): Promise<void> {
    const row = this.#held(lease);
    row.owner = null;
    const isOpen = row.operation.state === "open";
    const wakeAt = this.#now() + (wakeInSeconds ?? 0) * 1000;
    row.wakeAt = isOpen ? Math.min(row.wakeAt ?? wakeAt, wakeAt) : null;
  }

  async lockServices(lease: Lease, clusterId: string, serviceIds: readonly string[]): Promise<string[]> {
    this.#held(lease);
    return serviceIds.filter((serviceId) => {
      const key = `${clusterId} ${serviceId}`;
      const owner = this.locks.get(key) ?? lease.operationId;
      this.locks.set(key, owner);
      return owner === lease.operationId;
    });
  }

  async wish(id: string, wish: PersonsWish, onlyIf: WishedOf): Promise<void> {
    this.#reach();
    const row = this.#rows.get(id);
    if (!row) throw new AppError("not-found", "There is no such operation.");
    if (!isAsWished(row.operation, onlyIf)) throw new AppError("plan-changed", "It has moved on. Look again.");
    const { event, ...change } = wish;
    Object.assign(row.operation, structuredClone(change));
    row.operation.revision += 1;
    row.wakeAt = this.#now();
    this.#append(row, [event]);
  }

  async findRole(personId: string): Promise<Role | null> {
    this.#reach();
    return this.roles.get(personId) ?? null;
  }

  async isAutomationPaused(): Promise<boolean> {
    return this.isPaused;
  }

  async findReadOnlyReason(clusterId: string): Promise<string | null> {
    return this.readOnly.has(clusterId) ? "This Swarm is not the one that was here before." : null;
  }

  async findVersionsOfLogin(clusterId: string, rotatorId: string, login: string | null) {
    return versionsOfLoginIn(this.books, clusterId, rotatorId, login);
  }

  async findVersions(clusterId: string, objectIds: readonly string[]) {
    const versions = versionsIn(this.books, clusterId);
    return versions.filter(({ objectId }) => objectId !== null && objectIds.includes(objectId));
  }

  async findServiceWrites(clusterId: string, about: WritesAbout) {
    const operations = [...this.#rows.values()].map(({ operation }) => operation);
    return writesIn(operations, clusterId, about);
  }

  async findOpen(secretIds: readonly string[]) {
    return this.#unfinished().flatMap(({ operation }) =>
      operation.plan.secrets
        .filter(({ secretId }) => secretIds.includes(secretId))
        .map(({ secretId }) => ({ operationId: operation.id, secretId })),
    );
  }

  async findRepeatedCreations(versionIds: readonly string[]) {
    const steps = [...this.#rows.values()].flatMap(({ operation }) => operation.steps);
    return steps.flatMap(({ name, subjectId, facts }) =>
      name === "create" && facts.repeatedAt && versionIds.includes(subjectId)
        ? [{ versionId: subjectId, at: facts.repeatedAt }]
        : [],
    );
  }

  async findRetiring(clusterId: string) {
    const held = this.#unfinished().flatMap(({ operation }) => operation.plan.secrets);
    const open = new Set(held.map(({ secretId }) => secretId));
    return retiringIn(this.books, clusterId, this.#now()).filter(({ secretId }) => !open.has(secretId));
  }

  #reach(): void {
    if (this.outage) throw this.outage;
  }

  #unfinished(): Row[] {
    return [...this.#rows.values()].filter(({ operation }) => operation.state !== "ended");
  }

  #isFree({ operation, owner, leaseUntil }: Row): boolean {
    const isHeld = owner !== null && leaseUntil > this.#now();
    return operation.state === "open" && !isHeld && !this.readOnly.has(operation.clusterId);
  }

  #held(lease: Lease): Row {
    this.#reach();
    const row = this.#rows.get(lease.operationId);
    if (!row || row.token !== lease.token || row.owner === null) {
      throw new AppError("lease-lost", "Another worker has taken this operation over.");
    }
    row.leaseUntil = this.#now() + leaseSeconds * 1000;
    return row;
  }

  #grant(row: Row, owner: string): Leased {
    const wasAbandoned = row.owner !== null;
    row.token += 1n;
    row.owner = owner;
    row.leaseUntil = this.#now() + leaseSeconds * 1000;
    row.wakeAt = null;
    const lease = { operationId: row.operation.id, token: row.token };
    const leasedAt = new Date(this.#now()).toISOString();
    return { lease, operation: structuredClone(row.operation), wasAbandoned, leasedAt };
  }

  #seen(secretIds: string[]): OperationsSeen {
    const all = [...this.#rows.values()].map(({ operation }) => operation);
    const of = (secretId: string) => all.filter(({ plan }) => plan.secrets.some((each) => each.secretId === secretId));
    return Object.fromEntries(
      secretIds.map((id) => [id, { all: of(id).length, open: of(id).filter(({ state }) => state !== "ended").length }]),
    );
  }

  #append({ operation }: Row, added: readonly OperationEvent[]): void {
    const { clusterId, id } = operation;
    for (const each of added) this.events.push({ ...structuredClone(each), clusterId, operationId: id });
  }

  #unlock({ id, clusterId }: Operation, unlock: NonNullable<Save["unlock"]>): void {
    for (const [key, owner] of [...this.locks]) {
      const isNamed = unlock === "all" || unlock.some((serviceId) => key === `${clusterId} ${serviceId}`);
      if (isNamed && owner === id) this.locks.delete(key);
    }
  }
}
