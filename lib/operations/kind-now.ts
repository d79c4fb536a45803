import "server-only";
import { kindOf, soakSecondsOf } from "#lib/swarm/kind.ts";
import type { ServiceKind, ServiceObject, TaskObject } from "#lib/swarm/schema.ts";
import { changeOf, type Operation } from "./ledger.ts";

/**
 * What a service is at this moment: a migration that ran when the plan was made has ended since, one that slept has
 * woken. Only what was ticked as one that runs to its end stays that, whatever its tasks do.
 */
export function kindNow(operation: Operation, service: ServiceObject, tasks: readonly TaskObject[]): ServiceKind {
  return isTicked(operation, service) ? "runs-to-end" : kindOf(service, tasks);
}

/** An update now would run it again, and nobody has ticked that in the plan. */
export function wouldRunAgain(operation: Operation, service: ServiceObject, tasks: readonly TaskObject[]): boolean {
  return !isTicked(operation, service) && kindOf(service, tasks) === "runs-to-end";
}

/** As planned; a plan that was made while the service slept says 0, which is no soak for one that is awake. */
export function soakSecondsNow(operation: Operation, service: ServiceObject): number {
  const change = changeOf(operation, service.id);
  return change && (change.kind !== "asleep" || change.soakSeconds > 0) ? change.soakSeconds : soakSecondsOf(service);
}

function isTicked(operation: Operation, { id }: ServiceObject): boolean {
  return changeOf(operation, id)?.kind === "runs-to-end";
}
