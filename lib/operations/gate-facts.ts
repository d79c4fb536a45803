import "server-only";
import { kindOf } from "#lib/swarm/kind.ts";
import type { NodeObject, ServiceObject, TaskObject, VolumeObject } from "#lib/swarm/schema.ts";
import { lateSeconds } from "./close-intent.ts";
import { type GateFacts, gateReasons } from "./gate.ts";
import type { GateReason } from "./gate-reason.ts";
import type { Ports } from "./ports.ts";
import type { KnownVersion, OperationStore, ServiceWrite } from "./store-port.ts";

export type SwarmReading = {
  services: ServiceObject[];
  tasks: TaskObject[];
  nodes: NodeObject[];
  volumes: VolumeObject[];
};

/** Everything that could name a version, read afresh: the gate believes no memory of it. */
export async function readForGate({ swarm }: Pick<Ports, "swarm">): Promise<SwarmReading> {
  const [services, tasks, nodes, volumes] = await Promise.all([
    swarm.listServices(),
    swarm.listTasks(),
    swarm.listNodes(),
    swarm.listVolumes(),
  ]);
  return { services, tasks, nodes, volumes };
}

export type GateQuestion = {
  version: KnownVersion & { objectId: string };
  isStackConfirmed: boolean;
  ownOperationId?: string;
};

/** What keeps these versions, each with its reasons. `now` by the store's clock. */
export async function askGate(
  { store }: Pick<Ports, "store">,
  { clusterId, reading, now }: { clusterId: string; reading: SwarmReading; now: Date },
  questions: readonly GateQuestion[],
): Promise<GateReason[][]> {
  const objectIds = questions.map(({ version }) => version.objectId);
  const [writes, repeated, open] = await Promise.all([
    findWritesAround(store, clusterId, reading.services, objectIds),
    store.findRepeatedCreations(questions.map(({ version }) => version.versionId)),
    store.findOpen([...new Set(questions.map(({ version }) => version.secretId))]),
  ]);
  const tasksByService = Map.groupBy(reading.tasks, ({ serviceId }) => serviceId);
  return questions.map(({ version, isStackConfirmed, ownOperationId }) => {
    const facts: GateFacts = {
      ...reading,
      objectId: version.objectId,
      objectName: version.objectName,
      version: version.number,
      retireAfter: version.retireAfter,
      lateUntil: lateUntil(repeated.find(({ versionId }) => versionId === version.versionId)?.at),
      isStackConfirmed,
      writes,
      now,
      kindOf: (service) => kindOf(service, tasksByService.get(service.id) ?? []),
      openOperationIds: open
        .filter(({ secretId, operationId }) => secretId === version.secretId && operationId !== ownOperationId)
        .map(({ operationId }) => operationId),
    };
    return gateReasons(facts);
  });
}

/** What Skep sent to the services that ever had one of the objects, and to the others of their stacks. */
export async function findWritesAround(
  store: Pick<OperationStore, "findServiceWrites">,
  clusterId: string,
  services: readonly ServiceObject[],
  objectIds: readonly string[],
): Promise<ServiceWrite[]> {
  const writes = await store.findServiceWrites(clusterId, { objectIds });
  const had = new Set(writes.map(({ serviceId }) => serviceId));
  const stacks = new Set(services.flatMap(({ id, stack }) => (had.has(id) && stack !== null ? stack : [])));
  const others = services.filter(({ id, stack }) => stack !== null && stacks.has(stack) && !had.has(id));
  if (others.length === 0) return writes;
  return [...writes, ...(await store.findServiceWrites(clusterId, { serviceIds: others.map(({ id }) => id) }))];
}

function lateUntil(at: string | undefined): string | null {
  return at === undefined ? null : new Date(Date.parse(at) + lateSeconds * 1000).toISOString();
}
