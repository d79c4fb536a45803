import "server-only";
import { soakSecondsOf, tasksOf } from "./kind.ts";
import type { ServiceKind, ServiceObject, Standing, TaskObject } from "./schema.ts";

/** Shorter, and an image that is being pulled looks like a fault; longer, and a service is down without a word. */
const stallSeconds = 300;

/** What ends by itself or sleeps is never short, and Swarm calls its update paused even when it ended well. */
export function standingOf(service: ServiceObject, kind: ServiceKind, stalled: ReadonlySet<string>): Standing {
  if (kind !== "long-running") return "well";
  switch (service.update?.state) {
    case "paused":
    case "rollback_paused":
      return "paused";
    case "updating":
    case "rollback_started":
      return stalled.has(service.id) ? "short" : "well";
    default:
      return service.tasks.running < tasksOf(service) ? "short" : "well";
  }
}

/**
 * Whether its update lacks tasks, and since it began no task has begun to run for longer than it may take here. Swarm
 * sets no limit: where a task finds no node, a service is "updating" for ever.
 */
export function isStalled(service: ServiceObject, tasks: readonly TaskObject[], now: Date): boolean {
  const { update, updatePolicy } = service;
  if (!isAtWork(service) || !update?.startedAt || service.tasks.running >= tasksOf(service)) return false;
  const running = tasks.filter(({ state, desiredState }) => state === "running" && desiredState === "running");
  const moments = [update.startedAt, ...running.map(({ stateAt }) => stateAt)].map((at) => Date.parse(at));
  const seconds = (now.getTime() - Math.max(...moments.filter(Number.isFinite))) / 1000;
  return seconds > stallSeconds + updatePolicy.delaySeconds + soakSecondsOf(service);
}

/** The Swarm is moving its tasks, forward or back. */
export function isAtWork({ update }: Pick<ServiceObject, "update">): boolean {
  return update?.state === "updating" || update?.state === "rollback_started";
}

/** By the Swarm itself, after new tasks failed. A rollback by hand leaves a previous spec. */
export function isRolledBack({ update, previousReferences }: ServiceObject): boolean {
  return previousReferences === null && Boolean(update?.state.startsWith("rollback_"));
}

/** "1 of 2 tasks run". */
export function runningText(service: ServiceObject): string {
  const wanted = tasksOf(service);
  return `${service.tasks.running} of ${wanted.toLocaleString("en")} ${wanted === 1 ? "task runs" : "tasks run"}`;
}
