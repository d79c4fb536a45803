import "server-only";
import { eventActor } from "#lib/audit/actor.ts";
import { appendAudit } from "#lib/audit/append.ts";
import { takeLock } from "#lib/db/lock.ts";
import { transaction } from "#lib/db/transaction.ts";
import { AppError } from "#lib/errors.ts";
import type { Permit } from "#lib/policy/permit.ts";
import { expectCluster, managerEndpoints } from "#lib/swarm/connect.ts";
import { connectGateway } from "#lib/swarm/docker.ts";
import type { ClusterObject, SecretObject } from "#lib/swarm/schema.ts";
import { acceptedKey, foreignOperations } from "./known-swarm.ts";

/** A look at whatever Swarm answers, the right one or not. */
export type AnyGateway = { readCluster(): Promise<ClusterObject>; listSecrets(): Promise<SecretObject[]> };

/**
 * An administrator says that this Swarm, as it is now, is the right one: it is talked to from now on, and what another
 * Skep made in it no longer holds changes up. Nothing in it is touched by that.
 */
export async function recogniseSwarm(
  permit: Permit<"swarm.recognise">,
  clusterId: string,
  options: { gateway?: AnyGateway; expect?: (clusterId: string) => void } = {},
): Promise<void> {
  const { gateway = connectGateway({ endpoints: managerEndpoints() }), expect = expectCluster } = options;
  const cluster = await gateway.readCluster();
  if (cluster.id !== clusterId) {
    throw new AppError("plan-changed", "Another Swarm answers now than the one shown. Look at it, then decide again.");
  }
  const secrets = await gateway.listSecrets();
  await transaction(async (tx) => {
    await takeLock(tx, "known-swarm");
    const before = await tx.swarm.findFirst({ where: { isExpected: true }, orderBy: { firstSeenAt: "desc" } });
    const isNew = before?.clusterId !== clusterId;
    if (!isNew && before.readOnlyReason === null) return;
    await tx.swarm.updateMany({ where: { clusterId: { not: clusterId } }, data: { isExpected: false } });
    const said = { name: cluster.name, isExpected: true, readOnlyReason: null };
    await tx.swarm.upsert({ where: { clusterId }, create: { clusterId, ...said }, update: said });
    const key = acceptedKey(clusterId);
    const earlier = (await tx.setting.findUnique({ where: { key } }))?.value;
    const foreign = await foreignOperations(tx, clusterId, secrets);
    const value = [...(Array.isArray(earlier) ? earlier : []), ...foreign];
    await tx.setting.upsert({ where: { key }, create: { key, value }, update: { value, changedAt: new Date() } });
    await appendAudit(tx, {
      actor: eventActor(permit.actor),
      clusterId,
      operationId: null,
      detail: { type: "swarm.recognised", clusterId, before: isNew ? (before?.clusterId ?? null) : null },
    });
  });
  expect(clusterId);
}
