import "server-only";
import { hasHealthCheck, isJob, soakSecondsOf, tasksOf } from "#lib/swarm/kind.ts";
import { consoleLabel } from "#lib/swarm/labels.ts";
import type { ServiceKind, ServiceObject } from "#lib/swarm/schema.ts";
import type { PlannedChange, PlannedEdit } from "./schema.ts";

export type ChangeOptions = {
  leftOut?: PlannedChange["leftOut"];
  /** The secret's own setting; null is the default by the service's health check. */
  soakSeconds?: number | null;
};

/** What editing a service's references does to its tasks. */
export function changeOfKind(
  service: ServiceObject,
  kind: ServiceKind,
  edits: PlannedEdit[],
  { leftOut = null, soakSeconds = null }: ChangeOptions = {},
): PlannedChange {
  const { parallelism, order } = service.updatePolicy;
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
