import "server-only";
import type { SecretSettings } from "#lib/operations/schema.ts";
import { usualDefaults } from "#lib/settings/schema.ts";
import { kindOf } from "#lib/swarm/kind.ts";
import { sampleSecret } from "#lib/swarm/sample.ts";
import type { ServiceObject } from "#lib/swarm/schema.ts";
import type { Facts } from "./facts.ts";
import type { GrantRecord, SecretRecord, VersionRecord } from "./records.ts";

/** Facts and records for tests and the gallery: db_password, whose second version is the current one. */
export function sampleFacts(over: Partial<Omit<Facts, "kinds">> = {}): Facts {
  let made = 0;
  const services = over.services ?? [];
  return {
    clusterId: "cluster-1",
    managers: 3,
    services,
    defaults: usualDefaults,
    seen: {},
    passwords: [],
    objects: [sampleSecret({ name: "db_password_v1" }), sampleSecret({ name: "db_password_v2" })],
    kinds: new Map(services.map((service) => [service.id, kindOf(service, [])])),
    records: [sampleRecord()],
    newId: () => `new-${++made}`,
    ...over,
  };
}

export const sampleSettings: SecretSettings = {
  owner: "payments",
  description: "Main shop database.",
  tags: ["pci"],
  generator: null,
  order: "canary",
  soakSeconds: null,
  keepSeconds: 86_400,
  oldValueStaysValid: null,
};

export function sampleRecord(over: Partial<SecretRecord> = {}): SecretRecord {
  const name = over.name ?? "db_password";
  return {
    id: `secret-${name}`,
    name,
    settings: sampleSettings,
    isAdopted: false,
    createdAt: "2026-03-01T10:00:00.000Z",
    removedAt: null,
    binding: null,
    attachment: null,
    grants: [],
    versions: [sampleVersion(name, 2, "current"), sampleVersion(name, 1, "previous")],
    ...over,
  };
}

export function sampleVersion(
  name: string,
  number: number,
  state: VersionRecord["state"],
  over: Partial<VersionRecord> = {},
): VersionRecord {
  const objectName = `${name}_v${number}`;
  return {
    id: `version-${objectName}`,
    number,
    objectId: `object-${objectName}`,
    objectName,
    sourceVersionId: null,
    agreedAt: null,
    rotatorId: null,
    login: null,
    state,
    createdAt: "2026-03-01T10:00:00.000Z",
    promotedAt: null,
    retireAfter: null,
    retireRequestedBy: null,
    isStackConfirmed: false,
    isLeaked: false,
    operationId: null,
    removedAt: null,
    ...over,
  };
}

/** The record of what a service's spec says. */
export function sampleGrants(service: ServiceObject): GrantRecord[] {
  return service.references.map(({ target, uid, gid, mode, objectId }) => ({
    serviceId: service.id,
    serviceName: service.name,
    target,
    uid,
    gid,
    mode,
    objectId,
  }));
}
