import "server-only";
import type { PlannedChange, PlannedEdit } from "#lib/operations/schema.ts";
import { hasHealthCheck, isJob, soakSecondsOf, tasksOf } from "#lib/swarm/kind.ts";
import { consoleLabel } from "#lib/swarm/labels.ts";
import type { ServiceObject } from "#lib/swarm/schema.ts";
import type { Facts } from "./facts.ts";

export type ChangeOptions = {
  leftOut?: PlannedChange["leftOut"];
  /** The secret's own setting; null is the default by the service's health check. */
  soakSeconds?: number | null;
};

/** What editing a service's references does to its tasks. */
export function plannedChange(
  facts: Facts,
  service: ServiceObject,
  edits: PlannedEdit[],
  { leftOut = null, soakSeconds = null }: ChangeOptions = {},
): PlannedChange {
  const { parallelism, order } = service.updatePolicy;
  const kind = facts.kinds.get(service.id) ?? "long-running";
  const tasks = tasksOf(service);
  const isStartFirst = order === "start-first" && !isJob(service);
  const atOnce = parallelism === 0 ? tasks : Math.min(parallelism, tasks);
  return {
    serviceId: service.id,
    serviceName: service.name,
    stack: service.stack,
    kind,
    edits,
    tasks,
    atATime: parallelism,
    startFirst: isStartFirst,
    runMeanwhile: isStartFirst ? tasks : tasks - atOnce,
    hasHealthCheck: hasHealthCheck(service),
    isSkep: service.labelKeys.includes(consoleLabel),
    leftOut,
    soakSeconds: soakSeconds ?? soakSecondsOf(service),
  };
}

/** Skep itself goes last, what is left out is named at the end; otherwise by name. */
export function inOrder(changes: PlannedChange[], canaryServiceId: string | null): PlannedChange[] {
  const rank = ({ serviceId, leftOut, isSkep }: PlannedChange) => {
    if (leftOut) return 3;
    if (serviceId === canaryServiceId) return 0;
    return isSkep ? 2 : 1;
  };
  return changes.toSorted((a, b) => rank(a) - rank(b) || a.serviceName.localeCompare(b.serviceName));
}
