import "server-only";
import type { ServiceKind, ServiceObject, TaskObject } from "./schema.ts";

/** The shortest time that says anything about a new task. */
const shortestSoakSeconds = 15;

/**
 * How a rotation meets a service. In doubt it is one that runs to end: to leave such a service out costs a tick
 * in the plan, to run a migration again may cost a database.
 */
export function kindOf(service: ServiceObject, tasks: readonly TaskObject[]): ServiceKind {
  const { mode, restartCondition } = service;
  if (isJob(service)) return "runs-to-end";
  if (mode.type === "replicated" && mode.replicas === 0) return "asleep";
  if (restartCondition === "any") return "long-running";
  const latest = latestTasks(tasks.filter((task) => task.serviceId === service.id));
  return latest.length === 0 || latest.some(hasEndedWell) ? "runs-to-end" : "long-running";
}

export function hasHealthCheck({ healthCheck }: ServiceObject): boolean {
  return healthCheck !== null && healthCheck !== "disabled";
}

export function isJob({ mode }: ServiceObject): boolean {
  return mode.type === "replicated-job" || mode.type === "global-job";
}

/** How many tasks the service wants. */
export function tasksOf({ mode, tasks }: ServiceObject): number {
  if (mode.type === "replicated") return mode.replicas;
  return mode.type === "replicated-job" ? mode.completions : tasks.desired;
}

/** R5: the longest of 15 s, the update's monitor, and the health check's interval × retries + start period. */
export function soakSecondsOf({ healthCheck, updatePolicy }: ServiceObject): number {
  const isChecked = healthCheck !== null && healthCheck !== "disabled";
  const checkSeconds = isChecked
    ? healthCheck.intervalSeconds * healthCheck.retries + healthCheck.startPeriodSeconds
    : 0;
  return Math.ceil(Math.max(shortestSoakSeconds, updatePolicy.monitorSeconds, checkSeconds));
}

/** The newest task of each slot, or of each node for a global service: what ran before them was replaced. */
function latestTasks(tasks: readonly TaskObject[]): TaskObject[] {
  const latest = new Map<string, TaskObject>();
  for (const task of tasks) {
    const place = task.slot === null ? `node ${task.nodeId}` : `slot ${task.slot}`;
    const known = latest.get(place);
    if (!known || Date.parse(known.createdAt) <= Date.parse(task.createdAt)) latest.set(place, task);
  }
  return [...latest.values()];
}

function hasEndedWell(task: TaskObject): boolean {
  return (
    task.state === "complete" || (task.state === "shutdown" && task.exitCode === 0 && task.desiredState !== "shutdown")
  );
}
