import "server-only";
import type { ServiceObject } from "#lib/swarm/schema.ts";
import { isOwnUpdateLast } from "./effect.ts";
import type { ServiceWrite } from "./store-port.ts";

/** An update by another hand, found when Skep next looks. `at` by the Swarm's clock, ISO 8601. */
export type FoundUpdate = {
  at: string;
  /** It may have been a deploy that left the service as it is now: no scaling, no restart by force, no rollback. */
  isDeploy: boolean;
};

/** What another hand did after Skep's last update of the service; null where that is the last one. In doubt it is told, as no deploy. */
export function foundUpdate(service: ServiceObject, last: LastWrite | undefined): FoundUpdate | null {
  const hand = last ? lastHand(service, last) : "another";
  if (hand === "skep") return null;
  // A rollback, by hand or by the Swarm itself, brings back what was there before: no file was read for it.
  const isRollback = service.update?.state.startsWith("rollback_") ?? false;
  const isWhole = service.lastUpdate !== "scale-or-force" && !isRollback;
  return { at: service.update?.startedAt ?? service.updatedAt, isDeploy: hand === "another" && isWhole };
}

type LastWrite = Pick<ServiceWrite, "changes" | "isResumed" | "releasedAs">;

/** Docker's previous spec tells, but for an identical spec: there the service's version does, where it is known. */
function lastHand(
  service: ServiceObject,
  { changes, isResumed, releasedAs }: LastWrite,
): "skep" | "another" | "unknown" {
  if (changes.length > 0) return isOwnUpdateLast(service, { changes, isResumed }) ? "skep" : "another";
  if (service.lastUpdate !== "identical") return "another";
  if (releasedAs === null) return "unknown";
  return service.versionIndex === releasedAs ? "skep" : "another";
}
