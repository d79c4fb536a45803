import "server-only";
import { appendAudit } from "#lib/audit/append.ts";
import { type CallResult, isRotatorCall, type RotatorCall, type UnresolvedIntent } from "#lib/audit/schema.ts";
import { transaction } from "#lib/db/transaction.ts";
import { operationLabel } from "#lib/swarm/labels.ts";
import { hasEffect } from "./effect.ts";
import type { Ports } from "./ports.ts";

/** Writes what a look at the Swarm says of a call that nobody is responsible for any more. */
export async function resolveIntent({ swarm }: Pick<Ports, "swarm">, intent: UnresolvedIntent): Promise<void> {
  const { clusterId, operationId, step, attempt, call } = intent;
  const { result, seen, objectId } = await seenOf(swarm, intent);
  await transaction((tx) =>
    appendAudit(tx, {
      actor: { type: "system" },
      clusterId,
      operationId,
      detail: { type: "call.ended", step, attempt, call, result, seen, objectId },
    }),
  );
}

type Seen = { result: CallResult; seen: string; objectId: string | null };

/** Applied, not applied, or cannot be known, with what was seen. */
export async function seenOf(
  swarm: Ports["swarm"],
  { clusterId, call, operationId }: Pick<UnresolvedIntent, "clusterId" | "call" | "operationId">,
): Promise<Seen> {
  const none = { objectId: null };
  if (isRotatorCall(call)) return { ...none, result: "unknown", seen: unseen[call.call] };
  if ((await swarm.readCluster()).id !== clusterId) {
    return { ...none, result: "unknown", seen: "another Swarm answers now" };
  }
  if (call.call === "secret.create") {
    const object = (await swarm.listSecrets()).find(({ name }) => name === call.objectName);
    if (!object) return { ...none, result: "not-applied", seen: "the Swarm has no such object" };
    if (object.labels[operationLabel] !== operationId) {
      return { ...none, result: "not-applied", seen: "another object has this name" };
    }
    return { result: "applied", seen: "the Swarm has the object of this operation", objectId: object.id };
  }
  if (call.call === "secret.remove") {
    const isThere = (await swarm.findSecret(call.objectId)) !== null;
    const seen = isThere ? "the object is still there" : "the object is gone";
    return { result: isThere ? "not-applied" : "applied", seen, objectId: call.objectId };
  }
  const service = await swarm.findService(call.service.id);
  if (!service) return { ...none, result: "unknown", seen: "the service is gone" };
  if (service.versionIndex === call.versionIndex) {
    return { ...none, result: "not-applied", seen: "the service is as it was" };
  }
  if (call.changes.length === 0) return { ...none, result: "unknown", seen: "the service has moved on" };
  const isThere = hasEffect(service.references, call.changes);
  const seen = isThere ? "the service has the new references" : "the service has other references";
  return { ...none, result: isThere ? "applied" : "unknown", seen };
}

/** Whether the other side takes a password can only be asked with the password; whether it was told something, not at all. */
const unseen: Record<RotatorCall["call"], string> = {
  "rotator.set": "the password that was sent is gone",
  "rotator.finish": "whether it was told cannot be asked",
};
