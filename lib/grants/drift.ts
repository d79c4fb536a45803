import "server-only";
import { pathOfTarget, type SecretReference, type ServiceObject } from "#lib/swarm/schema.ts";
import type { GrantRecord, SecretRecord } from "./records.ts";

/** One place where the Swarm says something else than the record. */
export type Drift = {
  service: ServiceObject;
  target: string;
  recorded: GrantRecord | null;
  actual: SecretReference | null;
  kind: "other-version" | "changed" | "not-recorded" | "gone";
};

/**
 * Compares one secret's recorded grants with what its services name. A service that the Swarm no longer has is no drift:
 * whoever removed it meant to. A service that an open operation is moving is left to that operation by the caller.
 */
export function driftOf(
  record: SecretRecord,
  findService: (id: string) => ServiceObject | undefined,
  holders: Iterable<ServiceObject>,
): Drift[] {
  const own = new Set(record.versions.map(({ objectId }) => objectId));
  const found = record.grants.flatMap((recorded): Drift[] => {
    const service = findService(recorded.serviceId);
    if (!service) return [];
    const actual = at(service, recorded.target);
    const kind = kindOfDrift(recorded, actual);
    return kind ? [{ service, target: recorded.target, recorded, actual, kind }] : [];
  });
  for (const service of holders) {
    for (const actual of service.references) {
      if (!own.has(actual.objectId) || isRecorded(record, service, actual)) continue;
      found.push({ service, target: actual.target, recorded: null, actual, kind: "not-recorded" });
    }
  }
  return found;
}

function kindOfDrift(recorded: GrantRecord, actual: SecretReference | null): Drift["kind"] | null {
  if (!actual) return "gone";
  if (actual.objectId !== recorded.objectId) return "other-version";
  const isSame = actual.uid === recorded.uid && actual.gid === recorded.gid && actual.mode === recorded.mode;
  return isSame ? null : "changed";
}

function isRecorded(record: SecretRecord, service: ServiceObject, actual: SecretReference): boolean {
  const path = pathOfTarget(actual.target);
  return record.grants.some(({ serviceId, target }) => serviceId === service.id && pathOfTarget(target) === path);
}

function at(service: ServiceObject, target: string): SecretReference | null {
  const path = pathOfTarget(target);
  return service.references.find((reference) => pathOfTarget(reference.target) === path) ?? null;
}
