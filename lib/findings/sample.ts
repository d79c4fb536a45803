import "server-only";
import type { SwarmSnapshot } from "#lib/swarm/schema.ts";
import type { FindingInput, KnownOperation } from "./input.ts";
import type { Finding } from "./schema.ts";

/** What rules look at, for tests and the gallery: a Swarm with three managers where nothing is wrong. */
export function sampleInput(over: Partial<FindingInput> & { snapshot?: SwarmSnapshot } = {}): FindingInput {
  return {
    now: new Date("2026-03-10T12:00:00Z"),
    snapshot: sampleSwarm(),
    records: [],
    proposals: [],
    operations: [],
    drift: new Map(),
    isNamed: () => true,
    kindOf: () => "long-running",
    versionName: (objectId) => objectId ?? "a removed version",
    ...over,
  };
}

export function sampleSwarm(over: Partial<SwarmSnapshot> = {}): SwarmSnapshot {
  const managers = ["node-1", "node-2", "node-3"].map((id) => ({
    ...({
      id,
      hostname: id,
      role: "manager",
      state: "ready",
      availability: "active",
      isLeader: id === "node-1",
    } as const),
    isReachable: true,
  }));
  return {
    revision: 1,
    asOf: "2026-03-10T12:00:00.000Z",
    secrets: new Map(),
    services: new Map(),
    connection: { state: "connected", clusterId: "cluster-1", since: "2026-03-10T10:00:00.000Z" },
    cluster: { id: "cluster-1", name: "default", isAutolocked: true, engineVersion: "20.10.24" },
    tasksByService: new Map(),
    stalled: new Set(),
    nodes: new Map(managers.map((node) => [node.id, node])),
    ...over,
  };
}

export function sampleOperation(over: Partial<KnownOperation> = {}): KnownOperation {
  return {
    id: "operation-1",
    kind: "rotate",
    state: "open",
    outcome: null,
    verification: null,
    secretNames: ["db_password"],
    secretIds: ["secret-db_password"],
    title: "Rotate db_password",
    startedBy: "ops.one",
    startedAt: "2026-03-10T11:59:00.000Z",
    endedAt: null,
    outage: null,
    servicesDone: 4,
    servicesWanted: 6,
    ...over,
  };
}

/** A finding's line as a person reads it. */
export function lineOf({ parts }: Finding): string {
  return parts.map(({ text }) => text).join("");
}
