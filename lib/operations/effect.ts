import "server-only";
import {
  isSameAccess,
  isSamePath,
  type ReferenceChange,
  type SecretReference,
  type ServiceObject,
} from "#lib/swarm/schema.ts";
import { isRolledBack } from "#lib/swarm/standing.ts";
import type { Intent } from "./step-facts.ts";

/** Whether the references are as these changes leave them, owner and mode included where a change sets them. */
export function hasEffect(references: readonly SecretReference[], changes: readonly ReferenceChange[]): boolean {
  return changes.every((change) => {
    const findAt = (objectId: string | null) =>
      references.find((each) => each.objectId === objectId && isSamePath(each.target, change.target));
    if (change.change === "removed") {
      const isAddedAgain = changes.some((other) => other.change === "added" && isSamePath(other.target, change.target));
      return isAddedAgain || !findAt(change.fromObjectId);
    }
    const there = findAt(change.toObjectId);
    return there !== undefined && (change.change === "replaced" || isSameAccess(there, change));
  });
}

/** R17, R12: an update came after ours, by whomever: only then does Docker's previous spec have our effect already. */
export function wasUpdatedSince(service: ServiceObject, changes: readonly ReferenceChange[]): boolean {
  return changes.length > 0 && service.previousReferences !== null && hasEffect(service.previousReferences, changes);
}

/**
 * Nobody has updated it since this operation did. An update that only resumes a rollout leaves the same spec behind as
 * Docker's previous one, so there it must be the very same as a whole.
 */
export function isOwnUpdateLast(
  service: ServiceObject,
  { changes = [], isResumed = false }: { changes?: readonly ReferenceChange[]; isResumed?: boolean },
): boolean {
  if (changes.length === 0 || isBackOnOurs(service, changes)) return false;
  return !wasUpdatedSince(service, changes) || (isResumed && service.lastUpdate === "identical");
}

/** What the Swarm rolls back to is what this operation left: then the update that failed came after it. */
function isBackOnOurs(service: ServiceObject, changes: readonly ReferenceChange[]): boolean {
  return isRolledBack(service) && hasEffect(service.references, changes);
}

/** An update now would resume or cut off what is under way (R17). */
export function isBusy({ update }: Pick<ServiceObject, "update">): boolean {
  return update !== null && update.state !== "completed" && update.state !== "rollback_completed";
}

/**
 * What became of an update that was sent and not answered. `open`: the service is at the version that the update was
 * sent for, so it may still arrive. Once that has moved on, it cannot any more, and what is seen is the truth.
 */
export function settleUpdate(
  service: ServiceObject | undefined,
  intent: Intent,
  facts: { statusBefore?: string | null; wasPrevious?: boolean },
): { result: "applied" | "not-applied" | "unknown" | "open"; seen: string } {
  const { call } = intent;
  if (call.call !== "service.update") return { result: "unknown", seen: "not an update" };
  if (!service) return { result: "unknown", seen: "the service is gone" };
  if (service.versionIndex === call.versionIndex) return { result: "open", seen: "the service is as it was" };
  if (call.changes.length === 0) return { result: "unknown", seen: "the service has moved on" };
  if (hasEffect(service.references, call.changes)) {
    return { result: "applied", seen: "the service has the new references" };
  }
  const hasBegunSince = service.update !== null && service.update.startedAt !== (facts.statusBefore ?? null);
  if (wasUpdatedSince(service, call.changes)) {
    if (!facts.wasPrevious) {
      return { result: "applied", seen: "the service had the new references, and was updated since" };
    }
    // The same stood there before: either nothing came of the update, or another hand took it back.
    if (hasBegunSince) return { result: "unknown", seen: updatedSince };
  }
  if (isRolledBack(service) && hasBegunSince) return { result: "applied", seen: "the Swarm rolled the update back" };
  // The Swarm may have rolled it back before another hand came, whose update took away what Docker told of that.
  const mayBeRolledBack = service.updatePolicy.failureAction === "rollback" && service.previousReferences !== null;
  if (mayBeRolledBack) return { result: "unknown", seen: updatedSince };
  return { result: "not-applied", seen: anotherHandFirst };
}

const updatedSince = "the service was updated since, and is as it was";

export const anotherHandFirst = "the service was changed by another hand first";
