import "server-only";
import { sampleGrants, sampleRecord } from "#lib/grants/sample.ts";
import { sampleReference, sampleSecret, sampleService } from "#lib/swarm/sample.ts";
import type { NodeObject, SecretObject, ServiceObject, SwarmSnapshot, TaskObject } from "#lib/swarm/schema.ts";
import type { Known } from "./joined.ts";

/** A picture of a Swarm for tests and the gallery. */
export function sampleSnapshot(
  given: {
    secrets?: SecretObject[];
    services?: ServiceObject[];
    tasks?: TaskObject[];
    nodes?: NodeObject[];
    over?: Partial<SwarmSnapshot>;
  } = {},
): SwarmSnapshot {
  const { secrets = [], services = [], tasks = [], nodes = [sampleNode()] } = given;
  const byId = <T extends { id: string }>(all: T[]) => new Map(all.map((each) => [each.id, each]));
  return {
    revision: 1,
    asOf: "2026-03-10T12:00:00.000Z",
    connection: { state: "connected", clusterId: "cluster-1", since: "2026-03-10T10:00:00.000Z" },
    cluster: { id: "cluster-1", name: "default", isAutolocked: false, engineVersion: "20.10.24" },
    secrets: byId(secrets),
    services: byId(services),
    nodes: byId(nodes),
    stalled: new Set(),
    tasksByService: Map.groupBy(tasks, ({ serviceId }) => serviceId),
    ...given.over,
  };
}

export function sampleNode(over: Partial<NodeObject> = {}): NodeObject {
  return {
    id: "node-1",
    hostname: "worker-1",
    role: "manager",
    state: "ready",
    availability: "active",
    isLeader: true,
    isReachable: true,
    ...over,
  };
}

export function sampleKnown(over: Partial<Known> = {}): Known {
  return {
    counter: "1:0:",
    base: "1::",
    readAt: new Date("2026-03-10T12:00:00Z"),
    swarmName: null,
    readOnlyReason: null,
    isAutomationPaused: false,
    records: [],
    operations: [],
    ...over,
  };
}

/** db_password in its second version, held by one service as recorded. */
export function sampleState() {
  const api = sampleService({
    name: "shop_api",
    stack: "shop",
    references: [sampleReference({ objectName: "db_password_v2" })],
  });
  const secrets = [sampleSecret({ name: "db_password_v1" }), sampleSecret({ name: "db_password_v2" })];
  return { api, secrets, record: sampleRecord({ grants: sampleGrants(api) }) };
}
