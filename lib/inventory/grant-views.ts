import "server-only";
import type { Drift } from "#lib/grants/drift.ts";
import { hasHealthCheck, isJob, tasksOf } from "#lib/swarm/kind.ts";
import { pathOfTarget, type SecretReference, type ServiceObject } from "#lib/swarm/schema.ts";
import { driftText } from "./condition.ts";
import type { Joined } from "./joined.ts";
import type { GrantView } from "./schema.ts";

/** The versions of one secret, managed or only proposed, by their objects. */
export type VersionNumbers = ReadonlyMap<string, number>;

/** Where these services have the secret, and what their running tasks really read. */
export function grantViews(
  joined: Joined,
  services: readonly ServiceObject[],
  numbers: VersionNumbers,
  drift: readonly Drift[] = [],
): GrantView[] {
  const actual = services.flatMap((service) =>
    service.references
      .filter(({ objectId }) => numbers.has(objectId))
      .map((reference) => grantView(joined, service, reference, numbers, driftAt(drift, service, reference.target))),
  );
  const replaced = drift.filter(({ kind, actual: found }) => kind === "gone" || !numbers.has(found?.objectId ?? ""));
  const gone = replaced.flatMap((each) =>
    each.recorded
      ? [grantView(joined, each.service, { objectName: "", ...each.recorded, ...each.actual }, numbers, each)]
      : [],
  );
  return [...actual, ...gone].sort(
    (a, b) => a.serviceName.localeCompare(b.serviceName) || a.target.localeCompare(b.target),
  );
}

function grantView(
  joined: Joined,
  service: ServiceObject,
  reference: SecretReference,
  numbers: VersionNumbers,
  drift: Drift | undefined,
): GrantView {
  const { target, uid, gid, mode, objectId } = reference;
  return {
    serviceId: service.id,
    serviceName: service.name,
    stack: service.stack,
    kind: joined.kindOf(service),
    isJob: isJob(service),
    target,
    path: pathOfTarget(target),
    uid,
    gid,
    mode,
    objectId,
    version: numbers.get(objectId) ?? null,
    tasks: tasksByVersion(joined, service, numbers),
    tasksWanted: tasksOf(service),
    hasHealthCheck: hasHealthCheck(service),
    drift: drift ? { kind: drift.kind, text: driftText(joined, drift) } : null,
  };
}

function tasksByVersion({ snapshot }: Joined, { id }: ServiceObject, numbers: VersionNumbers): GrantView["tasks"] {
  const counts = new Map<number, { running: number; finished: number }>();
  for (const { state, desiredState, secretObjectIds } of snapshot.tasksByService.get(id) ?? []) {
    const isRunning = state === "running" && desiredState === "running";
    if (!isRunning && state !== "complete") continue;
    for (const version of new Set(secretObjectIds.flatMap((objectId) => numbers.get(objectId) ?? []))) {
      const count = counts.get(version) ?? { running: 0, finished: 0 };
      counts.set(version, count);
      count[isRunning ? "running" : "finished"] += 1;
    }
  }
  return [...counts].sort(([a], [b]) => b - a).map(([version, count]) => ({ version, ...count }));
}

function driftAt(drift: readonly Drift[], service: ServiceObject, target: string): Drift | undefined {
  return drift.find((each) => each.service.id === service.id && pathOfTarget(each.target) === pathOfTarget(target));
}
