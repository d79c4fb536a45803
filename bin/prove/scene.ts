import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { systemClock } from "#lib/clock.ts";
import { connectDatabase, type Database } from "#lib/db/client.ts";
import { stackLabel } from "#lib/grants/stack.ts";
import type { EngineApi } from "#lib/ground/engine-api.ts";
import { sampleImage } from "#lib/ground/sample-image.ts";
import { ownRandom, ownRotators, ownSources } from "#lib/operations/own-ports.ts";
import type { Ports } from "#lib/operations/ports.ts";
import { sampleChange, samplePermit, samplePlan, sampleSettings, sampleStarter } from "#lib/operations/sample.ts";
import type { Plan, PlannedEdit } from "#lib/operations/schema.ts";
import { startOperation } from "#lib/operations/start.ts";
import { operationStore } from "#lib/operations/store.ts";
import type { Actor } from "#lib/policy/schema.ts";
import type { SwarmGateway } from "#lib/swarm/gateway.ts";
import { SecretValue } from "#lib/value.ts";
import type { OwnSource } from "./own-source.ts";

/** A Swarm to play on: the model or an engine. */
export type Stage = {
  clusterId: string;
  gateway: SwarmGateway;
  api: EngineApi;
  /** New tasks of this service fail, unless they run the old object. */
  failNewTasks(serviceId: string, oldObjectId: string): void;
};

/** A stage for a run, and the socket behind which it is. */
export type OpenStage = { stage: Stage; dockerSocket: string; stop(): Promise<void> };

export type OwnSecret = { secretId: string; name: string; versionId: string; objectId: string; objectName: string };
export type OwnService = { id: string; name: string };
type ServiceShape = { Name: string; Mode: { Replicated: { Replicas: number } }; [more: string]: unknown };
type Making = { isFailing?: boolean; replicas?: number; stack?: string | null; monitorSeconds?: number };

export const administrator = { ...sampleStarter, role: "administrator" } as Actor & { type: "person" };
const second = 1_000_000_000;
export const oldValue = "the-old-value";

/** One secret in Skep's hands, with services that run it. */
export class Scene {
  readonly stage: Stage;
  readonly database: Database;
  readonly ports: Ports;
  readonly secrets: OwnSecret[] = [];
  readonly services: OwnService[] = [];
  /** Where its new value is read, where a scenario has such a one. */
  source: OwnSource | null = null;
  /** What its names begin with. */
  readonly tag = randomUUID().slice(0, 8);

  constructor(stage: Stage, databaseUrl: string) {
    this.stage = stage;
    this.database = connectDatabase(databaseUrl, { connections: 2 });
    this.ports = {
      store: operationStore(this.database),
      swarm: stage.gateway,
      clock: systemClock,
      random: ownRandom,
      sources: ownSources,
      rotators: ownRotators,
    };
  }

  async addAdministrator(): Promise<void> {
    const { personId: id, email, name, role } = administrator;
    await this.database.person.create({ data: { id, email, name, role, passwordHash: "none" } });
  }

  /** A secret of the Swarm that Skep adopts. */
  async own(text = oldValue): Promise<OwnSecret> {
    const { stage, ports } = this;
    const name = `s${this.tag}-${this.secrets.length + 1}`;
    const objectName = `${name}_v1`;
    const value = new SecretValue(Buffer.from(text));
    const { id: objectId } = await stage.gateway.createSecret(
      { name: objectName, labels: {}, templating: null },
      value,
    );
    const secret = { secretId: randomUUID(), name, versionId: randomUUID(), objectId, objectName };
    const { secretId, versionId } = secret;
    const versions = [
      { versionId, number: 1, objectId, objectName, createdAt: new Date().toISOString(), state: "current" as const },
    ];
    const plan = samplePlan({
      kind: "adopt",
      clusterId: stage.clusterId,
      secrets: [{ secretId, secretName: name, fromVersion: null, toVersion: 1 }],
      record: [{ record: "adopt", secretId, name, settings: sampleSettings, versions }],
    });
    const permit = samplePermit("secret.adopt", { objectIds: [objectId] }, administrator);
    await startOperation(permit, plan, { ports });
    this.secrets.push(secret);
    return secret;
  }

  /** A service with two tasks, or as many as are said, which run when this returns. */
  async addService(holds: readonly OwnSecret[], making: Making = {}): Promise<OwnService> {
    const { isFailing = false, replicas = 2, stack = null, monitorSeconds = 0.5 } = making;
    const name = `${this.tag}-${"abcdefgh"[this.services.length]}`;
    const Secrets = holds.map(({ name: target, objectId, objectName }) => ({
      File: { Name: target, UID: "0", GID: "0", Mode: 0o444 },
      SecretID: objectId,
      SecretName: objectName,
    }));
    const file = `/run/secrets/${holds[0]?.name}`;
    const script = isFailing ? `[ "$(cat ${file})" = ${oldValue} ] || exit 7; exec sleep 100000` : "exec sleep 100000";
    const ContainerSpec = {
      Image: sampleImage,
      Command: ["/bin/sh", "-c"],
      Args: [script],
      StopGracePeriod: second / 10,
    };
    const service = await this.addServiceOf({
      Name: name,
      Labels: { kept: "as it was", ...(stack === null ? {} : { [stackLabel]: stack }) },
      TaskTemplate: { ContainerSpec: { ...ContainerSpec, Secrets }, ForceUpdate: 0 },
      Mode: { Replicated: { Replicas: replicas } },
      UpdateConfig: { Parallelism: 2, Monitor: second * monitorSeconds, FailureAction: "pause" },
    });
    if (isFailing && holds[0]) this.stage.failNewTasks(service.id, holds[0].objectId);
    return service;
  }

  /** One in Docker's own shape, whose tasks run when this returns. */
  async addServiceOf(spec: ServiceShape): Promise<OwnService> {
    const { ID: id } = await this.stage.api.call<{ ID: string }>("POST", "/services/create", spec);
    const service = { id, name: spec.Name };
    this.services.push(service);
    // Many scenes are set up at once: one that asks in vain asks again.
    while ((await this.running(id).catch(() => 0)) < spec.Mode.Replicated.Replicas) await pause(100);
    return service;
  }

  async running(serviceId: string): Promise<number> {
    const tasks = await this.stage.gateway.listTasks({ serviceIds: [serviceId] });
    return tasks.filter(({ state, desiredState }) => state === "running" && desiredState === "running").length;
  }

  /** Takes its services and objects out of a Swarm that others play on too. */
  async clearAway(): Promise<void> {
    const { api } = this.stage;
    await this.source?.stop();
    for (const { id } of this.services) await api.call("DELETE", `/services/${id}`).catch(() => undefined);
    const all = await api.call<{ ID: string; Spec: { Name: string } }[]>("GET", "/secrets").catch(() => []);
    const own = all.filter(({ Spec }) => Spec.Name.startsWith(`s${this.tag}-`));
    for (const { ID } of own) await api.call("DELETE", `/secrets/${ID}`).catch(() => undefined);
  }

  /** The rotation of all the scene's secrets, in all its services. */
  rotation(over: Partial<Plan> = {}, { isTyped = false, keepSeconds = 86_400 } = {}): Plan {
    const made = this.secrets.map((secret) => ({ secret, versionId: randomUUID() }));
    const edits: PlannedEdit[] = made.map(({ secret, versionId }) => ({
      edit: "replace",
      fromObjectIds: [secret.objectId],
      to: { object: "created", versionId },
      targets: [],
    }));
    return samplePlan({
      clusterId: this.stage.clusterId,
      secrets: this.secrets.map(({ secretId, name }) => ({ secretId, secretName: name, fromVersion: 1, toVersion: 2 })),
      create: made.map(({ secret: { secretId, name }, versionId }) => ({
        secretId,
        secretName: name,
        versionId,
        number: 2,
        objectName: `${name}_v2`,
        labelsOf: null,
        templating: null,
        value: isTyped ? { from: "typed" } : { from: "generated", generator: { type: "hex", bytes: 16 } },
      })),
      changes: this.services.map(({ id, name }) => sampleChange(id, edits, { serviceName: name, soakSeconds: 1 })),
      retire: this.secrets.map(({ secretId, name, versionId, objectId, objectName }) => ({
        secretId,
        secretName: name,
        versionId,
        objectId,
        objectName,
        keepSeconds,
      })),
      ...over,
    });
  }
}
