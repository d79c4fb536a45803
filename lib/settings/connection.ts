import "server-only";
import { database } from "#lib/db/client.ts";
import { configuration } from "#lib/env.ts";
import { AppError, isAppError } from "#lib/errors.ts";
import { isAllowed } from "#lib/policy/rules.ts";
import type { Actor } from "#lib/policy/schema.ts";
import { nameOfEndpoint } from "#lib/swarm/address.ts";
import { liveIndex, managerEndpoints } from "#lib/swarm/connect.ts";
import { connectGateway } from "#lib/swarm/docker.ts";
import type { ConnectionView } from "./schema.ts";

/** How Skep reaches its Swarm, which one it is, and whether an administrator has to decide about it. */
export async function readConnection(actor: Actor): Promise<ConnectionView> {
  const { isSandbox } = configuration();
  const { connection, cluster, asOf, nodes } = liveIndex().snapshot();
  const known = await database().swarm.findFirst({ where: { isExpected: true }, orderBy: { firstSeenAt: "desc" } });
  const isOther = connection.state === "lost" && connection.reason === "other-swarm";
  const managers = [...nodes.values()].filter(({ role }) => role === "manager");
  return {
    endpoints: managerEndpoints().map(nameOfEndpoint),
    isSandbox,
    connection,
    asOf,
    cluster: cluster && { ...cluster, managers: managers.length, workers: nodes.size - managers.length },
    knownClusterId: known?.clusterId ?? null,
    decision: isOther ? await otherSwarm() : decisionAbout(known),
    canRecognise: isAllowed(actor, "swarm.recognise", {}),
  };
}

function decisionAbout(known: { clusterId: string; readOnlyReason: string | null } | null): ConnectionView["decision"] {
  if (!known || known.readOnlyReason === null) return null;
  return { clusterId: known.clusterId, sentence: known.readOnlyReason };
}

/** Asks whichever Swarm answers for its ID: the page must name the one that it asks the administrator about. */
async function otherSwarm(): Promise<ConnectionView["decision"]> {
  try {
    const { id } = await connectGateway({ endpoints: managerEndpoints() }).readCluster();
    return { clusterId: id, sentence: "Another Swarm answers at this address than the one that Skep knows." };
  } catch (error) {
    if (isAppError(error)) return null;
    throw new AppError("unexpected", "The Swarm could not be asked. Reload the page.", { cause: error });
  }
}
