import "server-only";
import type { AppError } from "#lib/errors.ts";
import type { Role } from "#lib/policy/schema.ts";
import { applyRecord } from "../model/memory-books.ts";
import { MemoryStore } from "../model/memory-store.ts";
import { versionsIn } from "../model/memory-versions.ts";
import type { KnownVersion, OperationStore, RecordChange } from "../store-port.ts";

/** The executor's memory in a history: Postgres, or a test's. Time is the history's, whoever keeps it. */
export type StoreStage = {
  port: OperationStore;
  /** While set, every call fails with it. */
  setOutage(outage: AppError | null): void;
  setRole(personId: string, role: Role | null): Promise<void>;
  setAutomationPaused(isPaused: boolean): Promise<void>;
  /** What Postgres knew before the history began. */
  seed(change: RecordChange): Promise<void>;
  versions(clusterId: string): Promise<KnownVersion[]>;
  /** Whose password of this rotator each version has. */
  logins(rotatorId: string): Promise<Map<string, string | null>>;
  /** As much time has passed for leases and wake-ups. */
  pass(seconds: number): Promise<void>;
  /** Everything that is kept, as text. */
  everything(operationIds: readonly string[]): Promise<string>;
};

export function memoryStage(now: () => number): StoreStage {
  const store = new MemoryStore(now);
  return {
    port: store,
    setOutage(outage) {
      store.outage = outage;
    },
    async setRole(personId, role) {
      if (role) store.roles.set(personId, role);
      else store.roles.delete(personId);
    },
    async setAutomationPaused(isPaused) {
      store.isPaused = isPaused;
    },
    async seed(change) {
      applyRecord(store.books, change, { id: "", clusterId: "cluster-1" }, now());
    },
    versions: (clusterId) => Promise.resolve(versionsIn(store.books, clusterId)),
    async logins(rotatorId) {
      const own = [...store.books.versions.values()].filter((version) => version.rotatorId === rotatorId);
      return new Map(own.map(({ id, login = null }) => [id, login]));
    },
    pass: () => Promise.resolve(),
    async everything(operationIds) {
      const operations = await Promise.all(operationIds.map((id) => store.find(id)));
      return JSON.stringify([operations, store.events, [...store.books.secrets], [...store.books.versions]]);
    },
  };
}
