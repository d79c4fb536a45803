import "server-only";
import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { systemClock } from "#lib/clock.ts";
import type { Database } from "#lib/db/client.ts";
import { listen } from "#lib/db/notify.ts";
import type { Operation } from "#lib/operations/ledger.ts";
import { ownRandom, ownRotators, ownSources } from "#lib/operations/own-ports.ts";
import type { Ports } from "#lib/operations/ports.ts";
import {
  sampleChange,
  samplePermit,
  samplePlan,
  sampleRetirement,
  sampleSettings,
  sampleStarter,
  sampleVersion,
} from "#lib/operations/sample.ts";
import type { Plan, PlannedChange, PlannedEdit } from "#lib/operations/schema.ts";
import { startOperation } from "#lib/operations/start.ts";
import { operationStore } from "#lib/operations/store.ts";
import { viewOf } from "#lib/operations/view.ts";
import type { Person } from "#lib/policy/schema.ts";
import type { SwarmGateway } from "#lib/swarm/gateway.ts";
import type { ServiceObject, TaskObject } from "#lib/swarm/schema.ts";
import { specFromText, specText } from "#lib/swarm/spec.ts";
import { SecretValue } from "#lib/value.ts";
import { stoodStill } from "./stood-still.ts";
import { startWorker, type Worker } from "./worker.ts";

/** The executor on a real Swarm and a real Postgres, many scenes side by side: each has its own secret and services. */

/** What lib/ground/test-swarm.ts starts. */
type RealSwarm = {
  host: string;
  api: { call<Answer>(method: "POST", path: string, body: object): Promise<Answer> };
  gateway: SwarmGateway;
  clusterId: string;
  image: string;
};

export type Stage = RealSwarm & { databaseUrl: string; database: Database; ports: Ports };

export const actor = { ...sampleStarter, role: "administrator" } as Person;

/** A database that nobody works on yet, and knows but one person. */
export async function stageOn(swarm: RealSwarm, db: { url: string; database: Database }): Promise<Stage> {
  const { url: databaseUrl, database } = db;
  const { personId: id, email, name, role } = actor;
  await database.person.create({ data: { id, email, name, role, passwordHash: "none" } });
  const ports = {
    store: operationStore(database),
    swarm: swarm.gateway,
    clock: systemClock,
    random: ownRandom,
    sources: ownSources,
    rotators: ownRotators,
  };
  return { ...swarm, databaseUrl, database, ports };
}

export function startTestWorker({ ports, databaseUrl }: Stage): Worker {
  return startWorker({
    ports,
    owner: "test",
    scanSeconds: 1,
    listen: (handler) => listen("skep_operation", handler, databaseUrl),
  });
}

export type Secret = { secretId: string; name: string; objectId: string; objectName: string; versionId: string };

/** A secret that Skep knows, adopted from the Swarm as it is. */
export async function adopt({ gateway, clusterId, ports }: Stage): Promise<Secret> {
  const secretId = randomUUID();
  const name = `s${secretId.slice(0, 8)}`;
  const secret = { name: `${name}_v1`, labels: {}, templating: null };
  const { id: objectId } = await gateway.createSecret(secret, new SecretValue(Buffer.from("old")));
  const versionId = randomUUID();
  const version = { versionId, number: 1, objectId, objectName: `${name}_v1`, createdAt: new Date().toISOString() };
  const plan = samplePlan({
    kind: "adopt",
    clusterId,
    secrets: [{ secretId, secretName: name, fromVersion: null, toVersion: 1 }],
    record: [
      { record: "adopt", secretId, name, settings: sampleSettings, versions: [{ ...version, state: "current" }] },
    ],
  });
  const permit = samplePermit("secret.adopt", { objectIds: [objectId] }, actor);
  const started = await startOperation(permit, plan, { ports });
  expect(started).toMatchObject({ state: "ended", outcome: "done" });
  return { secretId, name, objectId, objectName: `${name}_v1`, versionId };
}

type Making = {
  replicas?: number;
  script?: string;
  targets?: string[];
  mode?: object;
  failureAction?: "pause" | "continue" | "rollback";
  restart?: "any" | "none";
  check?: boolean;
};

export const second = 1_000_000_000;

/** Takes the old value, which is three bytes long, and no other. */
export const pickyScript = `[ "$(wc -c < /run/secrets/s)" = 3 ] || exit 7; exec /bin/serve`;

export async function makeService(stage: Stage, secret: Secret, making: Making = {}): Promise<ServiceObject> {
  const {
    replicas = 1,
    script = "exec /bin/serve",
    targets = ["s"],
    failureAction = "pause",
    restart = "any",
  } = making;
  const Secrets = targets.map((Name) => ({
    File: { Name, UID: "0", GID: "0", Mode: 0o444 },
    SecretID: secret.objectId,
    SecretName: secret.objectName,
  }));
  const Healthcheck = { Test: ["CMD", "true"], Interval: second, Retries: 1 };
  const { ID } = await stage.api.call<{ ID: string }>("POST", "/services/create", {
    Name: `${secret.name}-${randomUUID().slice(0, 4)}`,
    TaskTemplate: {
      ContainerSpec: {
        Image: stage.image,
        Command: ["/bin/sh", "-c"],
        Args: [script],
        Secrets,
        StopGracePeriod: second,
        ...(making.check ? { Healthcheck } : {}),
      },
      RestartPolicy: { Condition: restart, Delay: second },
    },
    Mode: making.mode ?? { Replicated: { Replicas: replicas } },
    ...(making.mode && "ReplicatedJob" in making.mode
      ? {}
      : { UpdateConfig: { Parallelism: 1, Monitor: second, FailureAction: failureAction } }),
  });
  return found(await stage.gateway.findService(ID));
}

/** Services whose tasks run. */
export async function makeRunning(
  stage: Stage,
  secret: Secret,
  count: number,
  making: Making = {},
): Promise<ServiceObject[]> {
  const services = await Promise.all(Array.from({ length: count }, () => makeService(stage, secret, making)));
  for (const { id } of services) {
    await until(async () => (await runningTasks(stage, id)).length === (making.replicas ?? 1));
  }
  return services;
}

export async function runningTasks({ gateway }: Stage, serviceId: string): Promise<TaskObject[]> {
  const tasks = await gateway.listTasks({ serviceIds: [serviceId] });
  return tasks.filter(({ state, desiredState }) => state === "running" && desiredState === "running");
}

export function rotation(
  { clusterId }: Stage,
  secret: Secret,
  services: ServiceObject[],
  over: Partial<Plan> = {},
  change: Partial<PlannedChange> = {},
): Plan {
  const versionId = randomUUID();
  const { secretId, name, objectId, objectName } = secret;
  const named = { secretId, secretName: name };
  const value = { from: "generated", generator: { type: "hex", bytes: 16 } } as const;
  const to = { object: "created", versionId } as const;
  const edit: PlannedEdit = { edit: "replace", fromObjectIds: [objectId], to, targets: [] };
  return samplePlan({
    clusterId,
    secrets: [{ ...named, fromVersion: 1, toVersion: 2 }],
    create: [sampleVersion({ ...named, versionId, objectName: `${name}_v2`, value })],
    changes: services.map((service) =>
      sampleChange(service.id, [edit], { serviceName: service.name, soakSeconds: 2, ...change }),
    ),
    retire: [sampleRetirement(objectId, { ...named, versionId: secret.versionId, objectName })],
    ...over,
  });
}

export async function begin({ ports }: Stage, secret: Secret, plan: Plan): Promise<string> {
  const permit =
    plan.kind === "rotate-emergency"
      ? samplePermit("secret.rotate-emergency", { secretId: secret.secretId }, actor)
      : samplePermit("secret.rotate", { secretIds: [secret.secretId] }, actor);
  return (await startOperation(permit, plan, { ports })).id;
}

export async function ended({ ports }: Stage, id: string): Promise<Operation> {
  return until(async () => {
    const operation = found(await ports.store.find(id));
    return operation.state !== "open" && operation;
  });
}

export async function rotate(stage: Stage, secret: Secret, plan: Plan): Promise<Operation> {
  return ended(stage, await begin(stage, secret, plan));
}

export async function named({ gateway }: Stage, service: ServiceObject): Promise<string[]> {
  return found(await gateway.findService(service.id)).references.map(({ objectName }) => objectName);
}

export function lanes(operation: Operation): string[] {
  return viewOf(operation, actor).lanes.map(({ state }) => state);
}

/** Updates that Skep sent, out of the history: with effect, by what they were for. */
export async function sent({ database }: Stage, operationId: string): Promise<Record<string, number>> {
  const rows = await database.auditEvent.findMany({ where: { operationId, type: "call.ended", outcome: "done" } });
  const calls = rows.map(({ callKey }) => String(callKey).replace(/^([a-z-]+).*?(:[a-z]+)?$/, "$1"));
  return Object.fromEntries([...Map.groupBy(calls, (name) => name)].map(([name, all]) => [name, all.length]));
}

export async function anotherHand(
  { gateway }: Stage,
  service: ServiceObject,
  change: (text: string) => string,
): Promise<void> {
  const present = found(await gateway.findService(service.id));
  await gateway.updateService(service.id, present.versionIndex, specFromText(change(specText(present.spec))));
}

export async function objectNames({ gateway }: Stage, secret: Secret): Promise<string[]> {
  const objects = await gateway.listSecrets();
  return objects.flatMap(({ name }) => (name.startsWith(`${secret.name}_`) ? name : [])).toSorted();
}

export function found<T>(value: T | null | undefined): T {
  expect(value ?? null).not.toBeNull();
  return value as T;
}

/** Looks until it is seen. What it waits for takes seconds; on a machine that others use as well, minutes. */
export async function until<T>(look: () => Promise<T | null | undefined | false>): Promise<T> {
  for (const deadline = performance.now() + 240_000; ; ) {
    const seen = await look().catch(stoodStill);
    if (seen) return seen;
    if (performance.now() > deadline) throw new Error("not seen in time");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
