import "server-only";
import type { SwarmGateway } from "#lib/swarm/gateway.ts";
import { emptySnapshot } from "#lib/swarm/live-state.ts";
import type { SwarmSnapshot } from "#lib/swarm/schema.ts";

/** The Swarm as the live index would have it at this moment. */
export async function seenBy(gateway: SwarmGateway, asOf = new Date(0)): Promise<SwarmSnapshot> {
  const [services, secrets] = [await gateway.listServices(), await gateway.listSecrets()];
  return {
    ...emptySnapshot,
    asOf: asOf.toISOString(),
    cluster: await gateway.readCluster(),
    services: new Map(services.map((each) => [each.id, each])),
    secrets: new Map(secrets.map((each) => [each.id, each])),
    tasksByService: Map.groupBy(await gateway.listTasks(), ({ serviceId }) => serviceId),
  };
}
