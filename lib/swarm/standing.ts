import "server-only";
import { tasksOf } from "./kind.ts";
import type { ServiceKind, ServiceObject, Standing } from "./schema.ts";

/** What ends by itself or sleeps is never short, and Swarm calls its update paused even when it ended well. */
export function standingOf(service: ServiceObject, kind: ServiceKind): Standing {
  if (kind !== "long-running") return "well";
  switch (service.update?.state) {
    case "paused":
    case "rollback_paused":
      return "paused";
    case "updating":
    case "rollback_started":
      return "well";
    default:
      return service.tasks.running < tasksOf(service) ? "short" : "well";
  }
}

/** "1 of 2 tasks run". */
export function runningText(service: ServiceObject): string {
  const wanted = tasksOf(service);
  return `${service.tasks.running} of ${wanted.toLocaleString("en")} ${wanted === 1 ? "task runs" : "tasks run"}`;
}
