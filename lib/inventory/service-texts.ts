import "server-only";
import { hasHealthCheck, isJob } from "#lib/swarm/kind.ts";
import type { ServiceKind, ServiceObject } from "#lib/swarm/schema.ts";
import type { ServiceView } from "./schema.ts";

export function healthCheckText({ healthCheck }: ServiceObject): string {
  if (healthCheck === "disabled") return "switched off";
  if (!healthCheck) return "none in the service; its image may have one";
  const start = healthCheck.startPeriodSeconds > 0 ? `, after ${healthCheck.startPeriodSeconds} s` : "";
  return `every ${healthCheck.intervalSeconds} s, ${healthCheck.retries} failures count${start}`;
}

export function updatePolicyText(service: ServiceObject): string {
  if (isJob(service)) return "a job: every update runs it again";
  const { parallelism, delaySeconds, order, failureAction } = service.updatePolicy;
  const atOnce = parallelism === 0 ? "all at once" : `${parallelism} at a time`;
  const pause = delaySeconds > 0 ? `, ${delaySeconds} s between` : "";
  const first = order === "start-first" ? "starts the new task first" : "stops the old task first";
  const failure = { pause: "pauses", continue: "goes on", rollback: "rolls back" }[failureAction];
  return `${atOnce}${pause}, ${first}, ${failure} on failure`;
}

/** Whether Skep could tell that a rotation of this service went well. */
export function judgementOf(service: ServiceObject, kind: ServiceKind): ServiceView["judgement"] {
  if (kind === "asleep") {
    return { verdict: "unverified-asleep", sentence: "It has no task: moved, and unverified until it next runs." };
  }
  if (kind === "runs-to-end") {
    const what = isJob(service) ? "A job" : "It runs to its end";
    return {
      verdict: "running-not-verified",
      sentence: `${what}: an update runs it again, so rotations leave it out.`,
    };
  }
  if (!hasHealthCheck(service)) {
    return {
      verdict: "running-not-verified",
      sentence: "Skep can see whether it runs, not whether it works: it has no health check.",
    };
  }
  return { verdict: "verified", sentence: "Its health check says whether a new value works." };
}
