import "server-only";
import { randomUUID } from "node:crypto";
import { database, type Prisma } from "#lib/db/client.ts";
import { AppError } from "#lib/errors.ts";
import { type OperationsSeen, operationsSeen } from "#lib/operations/seen.ts";
import { readDefaults } from "#lib/settings/defaults.ts";
import type { Defaults } from "#lib/settings/schema.ts";
import { swarmGateway } from "#lib/swarm/connect.ts";
import type { SwarmGateway } from "#lib/swarm/gateway.ts";
import { kindOf } from "#lib/swarm/kind.ts";
import type { SecretObject, ServiceKind, ServiceObject } from "#lib/swarm/schema.ts";
import { type PasswordRecord, readPasswords } from "./passwords.ts";
import { readRecords, type SecretRecord, type VersionRecord } from "./records.ts";

/** All that a plan is made of, asked of the Swarm and of Postgres a moment ago. Never the live index: operations ask the Swarm. */
export type Facts = {
  clusterId: string;
  managers: number;
  objects: SecretObject[];
  services: ServiceObject[];
  kinds: ReadonlyMap<string, ServiceKind>;
  records: SecretRecord[];
  /** Versions of whatever secret with passwords of the rotators that these are attached to. */
  passwords: PasswordRecord[];
  /** What a new secret begins with. */
  defaults: Defaults;
  /** The operations of these secrets, counted before everything else was read. */
  seen: OperationsSeen;
  /** An ID for something that the plan would make. Asked for again, it is another one: the fingerprint leaves these out. */
  newId(): string;
};

/** Reads afresh; `which` picks the records that the plan needs. */
export async function readFacts(
  which: Prisma.SecretWhereInput,
  gateway: SwarmGateway = swarmGateway(),
): Promise<Facts> {
  const known = await database().secret.findMany({ where: which, select: { id: true } });
  const seen = await operationsSeen(
    database(),
    known.map(({ id }) => id),
  );
  const [cluster, nodes, objects, services] = await Promise.all([
    gateway.readCluster(),
    gateway.listNodes(),
    gateway.listSecrets(),
    gateway.listServices(),
  ]);
  const mayEnd = services.filter(({ restartCondition }) => restartCondition !== "any").map(({ id }) => id);
  const [tasks, records, defaults] = await Promise.all([
    gateway.listTasks({ serviceIds: mayEnd }),
    readRecords(cluster.id, which),
    readDefaults(),
    refuseReadOnly(cluster.id),
  ]);
  const passwords = await readPasswords(cluster.id, records);
  const byService = Map.groupBy(tasks, ({ serviceId }) => serviceId);
  return {
    clusterId: cluster.id,
    managers: nodes.filter(({ role }) => role === "manager").length,
    objects,
    services,
    records,
    passwords,
    defaults,
    seen,
    kinds: new Map(services.map((service) => [service.id, kindOf(service, byService.get(service.id) ?? [])])),
    newId: randomUUID,
  };
}

/** A secret that Skep manages, or the sentence that says why it is none. */
export function requireRecord(facts: Facts, secretId: string): SecretRecord {
  const record = facts.records.find(({ id }) => id === secretId);
  if (!record) throw new AppError("not-found", "Skep does not know this secret. Go back to the list of secrets.");
  if (record.removedAt) throw new AppError("not-found", `${record.name} was retired. Create it again if it is needed.`);
  return record;
}

/** The version that services should run, with its object in the Swarm. */
export function requireCurrent(facts: Facts, record: SecretRecord): { version: VersionRecord; object: SecretObject } {
  const version = record.versions.find(({ state }) => state === "current");
  const object = facts.objects.find(({ id }) => id === version?.objectId);
  if (!version || !object) {
    const missing = version?.objectName ?? record.name;
    throw new AppError(
      "not-found",
      `The Swarm no longer has ${missing}. Rotate ${record.name} to give it a new value.`,
    );
  }
  return { version, object };
}

export function requireService(facts: Facts, serviceId: string): ServiceObject {
  const service = facts.services.find(({ id }) => id === serviceId);
  if (!service) {
    throw new AppError("not-found", "This service is no longer in the Swarm. Choose another one.", {
      field: "serviceId",
    });
  }
  return service;
}

/** Versions of a secret whose object the Swarm still has. */
export function livingVersions(facts: Facts, record: SecretRecord): (VersionRecord & { objectId: string })[] {
  const there = new Set(facts.objects.map(({ id }) => id));
  return record.versions.filter(
    (version): version is VersionRecord & { objectId: string } =>
      version.state !== "removed" && version.objectId !== null && there.has(version.objectId),
  );
}

async function refuseReadOnly(clusterId: string): Promise<void> {
  const swarm = await database().swarm.findUnique({ where: { clusterId } });
  if (swarm?.readOnlyReason) {
    throw new AppError("read-only", `${swarm.readOnlyReason} Until an administrator decides, nothing is changed.`);
  }
}
