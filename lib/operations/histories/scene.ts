import "server-only";
import { AppError } from "#lib/errors.ts";
import type { ServiceSpec } from "#lib/swarm/schema.ts";
import { specJson } from "#lib/swarm/spec.ts";
import { SecretValue } from "#lib/value.ts";
import { OtherSide } from "../model/other-side.ts";
import { ModelSwarm } from "../model/swarm.ts";
import { containerOf } from "../model/task-life.ts";
import type { Reference, Secret, Spec } from "../model/tasks.ts";
import type { PlannedRotator } from "../planned-value.ts";
import type { Ports, RotatorTurn } from "../ports.ts";
import { sampleSettings } from "../sample.ts";
import { type Attachment, attachmentIn } from "./attachment.ts";
import { adopted, attachedRecords, firstPasswords, letSignIn } from "./first-passwords.ts";
import { Follower } from "./follower.ts";
import { OtherHands } from "./hands.ts";
import type { HistoryDrawn, ServiceDrawn } from "./history-schema.ts";
import { lostPath } from "./plan-facts.ts";
import type { Sight, WriteSeen } from "./sight.ts";
import type { StoreStage } from "./store-stage.ts";

const stackLabel = "com.docker.stack.namespace";
const secretNames = ["db", "db-admin"] as const;

/** The world of one history: a Swarm with services and secrets, what Postgres knows of it, and those who watch. */
export class HistoryScene {
  readonly model = new ModelSwarm();
  readonly otherSide = new OtherSide();
  readonly stage: StoreStage;
  readonly follower: Follower;
  readonly hands: OtherHands;
  readonly ports: Ports;
  readonly sight: Sight;
  /** Keeps the operations of histories apart that share a Postgres. */
  readonly #tag: string;
  #values = 0;

  constructor(openStage: (now: () => number) => StoreStage, tag = "") {
    this.#tag = tag;
    this.stage = openStage(() => this.model.now);
    this.sight = emptySight(this.model, this.otherSide);
    this.follower = new Follower(this.sight);
    this.hands = new OtherHands(this.model, this.sight);
    this.ports = {
      store: this.stage.port,
      swarm: this.model.gateway(),
      clock: { now: () => new Date(this.model.now) },
      random: { id: () => this.newId(), fraction: () => 0.5, value: () => this.value("made") },
      sources: { read: async ({ path }) => this.sourced(path) },
      rotators: this.otherSide,
    };
  }

  newId(): string {
    return this.model.nextId(`${this.#tag}id`);
  }

  /** One that nobody may keep: it is looked for in the end. */
  value(kind: "made" | "typed" | "sourced"): SecretValue {
    this.#values += 1;
    const text = `${kind}-canary-${this.#values}`;
    this.sight.values.push(text);
    return new SecretValue(Buffer.from(text));
  }

  /** Of one of the two that plans name, the source has nothing. */
  sourced(path: string): SecretValue {
    if (path !== lostPath) return this.value("sourced");
    throw new AppError("source-not-found", "The source has nothing there.");
  }

  async build(history: HistoryDrawn): Promise<void> {
    const { services, secrets, nodes } = history;
    this.sight.attachment = attachmentIn(
      history,
      secretNames.map((name) => `secret-${name}`),
    );
    if (this.sight.attachment) this.#letSignIn(this.sight.attachment);
    this.model.nodes.splice(0, this.model.nodes.length, ...Array.from({ length: nodes }, (_, index) => aNode(index)));
    await this.stage.setRole("person-1", "administrator");
    const current = await Promise.all(
      secretNames.map((name, index) => this.#own(name, index === 0 && secrets.hasOlder)),
    );
    if (secrets.hasForeign) this.model.addSecret("db_foreign_v7");
    for (const [index, drawn] of services.entries()) {
      const isOnOlder = index < secrets.olderUsers;
      this.#addService(`s${index}`, drawn, current, isOnOlder);
    }
    this.model.advance(20);
    for (const service of this.model.services.values()) {
      if (service.spec.Labels[stackLabel]) this.hands.fileAsDeployed(service);
    }
  }

  #letSignIn(attachment: Attachment): void {
    const { older, current } = firstPasswords(attachment);
    this.sight.values.push(older.password, current.password);
    letSignIn(this.otherSide, attachment);
  }

  /** The call as the judges see it; only a call that changes the Swarm is one. */
  writeOf(operationId: string, name: string, given: readonly unknown[], isDisturbed: boolean): WriteSeen {
    const { model } = this;
    const none = { service: null, spec: null, labels: {}, version: null, rotator: null, turn: null };
    const write = { at: model.now, operationId, isDisturbed, ...none };
    if (name === "set" || name === "finish") {
      const [rotator, turn] = given as [PlannedRotator, RotatorTurn];
      return { ...write, name, subject: rotator.rotatorId, rotator, turn };
    }
    if (name === "updateService") {
      const [id, version, spec] = given as [string, number, ServiceSpec];
      const service = model.services.get(id);
      const before = service ? { ...service } : null;
      return { ...write, name, subject: id, version, service: before, spec: specJson(spec) as Spec };
    }
    if (name === "removeSecret") return { ...write, name, subject: given[0] as string };
    const [secret] = given as [{ name: string; labels: Record<string, string> }];
    return { ...write, name: "createSecret", subject: secret.name, labels: secret.labels };
  }

  /** A secret that Postgres knows; with an older version, where that is wanted. */
  async #own(name: string, hasOlder: boolean): Promise<{ current: Secret; older: Secret | null }> {
    const secretId = `secret-${name}`;
    const { attachment } = this.sight;
    const own = attachment?.secretIds.includes(secretId) ? attachment : null;
    const first = own && firstPasswords(own);
    const older = hasOlder ? this.#object(name, 1, first?.older.text) : null;
    const number = hasOlder ? 2 : 1;
    const current = this.#object(name, number, first?.current.text);
    const versions = [
      ...(older ? [versionOf(secretId, 1, older, "previous" as const)] : []),
      versionOf(secretId, number, current, "current" as const),
    ];
    const adoption = { secretId, name, settings: sampleSettings, versions };
    const records = own ? attachedRecords(adoption, own) : [adopted(adoption)];
    for (const record of records) await this.stage.seed(record);
    this.sight.versionNumbers.set(secretId, [{ versionId: null, number }]);
    return { current, older };
  }

  #object(name: string, number: number, password?: string): Secret {
    const labels: Record<string, string> = name === "db" ? { [stackLabel]: "shop" } : {};
    const secret = this.model.addSecret(`${name}_v${number}`, labels, password);
    this.sight.owned.add(secret.id);
    if (password !== undefined) this.sight.passwords.add(secret.id);
    return secret;
  }

  #addService(
    name: string,
    drawn: ServiceDrawn,
    current: readonly { current: Secret; older: Secret | null }[],
    isOnOlder: boolean,
  ): void {
    const Secrets = drawn.secrets.flatMap((which, index): Reference[] => {
      const own = current[which];
      const object = isOnOlder && own?.older ? own.older : own?.current;
      if (!object) return [];
      const Name = index === 0 || drawn.secrets[0] !== which ? (secretNames[which] ?? "db") : `/second/${which}`;
      return [{ File: { Name, UID: "0", GID: "0", Mode: 0o444 }, SecretID: object.id, SecretName: object.name }];
    });
    const { startSeconds, stopSeconds } = drawn;
    this.model.rollout.fates.push({ serviceId: `service-${name}`, fate: { startSeconds, stopSeconds } });
    this.model.createService(specOf(name, drawn, Secrets), `service-${name}`);
  }
}

function specOf(name: string, drawn: ServiceDrawn, Secrets: Reference[]): Spec {
  const { kind, replicas, onFailure, parallelism, isStartFirst, isChecked, isInStack } = drawn;
  const isEnding = kind === "ends" || kind === "job";
  const life = { ...(isEnding ? { endsAfterSeconds: 3 } : {}), ...(isChecked ? { healthyAfterSeconds: 1 } : {}) };
  const { Command: _, Args: __, StopGracePeriod: ___, ...container } = containerOf(life);
  const ContainerSpec = { Image: "skep-sample:1", ...container, ...(Secrets.length > 0 ? { Secrets } : {}) };
  return {
    Name: name,
    Labels: isInStack ? { [stackLabel]: "shop" } : {},
    TaskTemplate: {
      ContainerSpec,
      ...(isEnding ? { RestartPolicy: { Condition: kind === "job" ? "on-failure" : "none" } } : {}),
      ForceUpdate: 0,
    },
    Mode: modeOf(kind, replicas),
    UpdateConfig: {
      Parallelism: parallelism,
      FailureAction: onFailure,
      Order: isStartFirst ? "start-first" : "stop-first",
    },
  };
}

function modeOf(kind: string, replicas: number): Spec["Mode"] {
  if (kind === "global") return { Global: {} };
  if (kind === "job") return { ReplicatedJob: { TotalCompletions: 1 } };
  return { Replicated: { Replicas: kind === "ends" ? 1 : replicas } };
}

function versionOf(secretId: string, number: number, object: Secret, state: "current" | "previous") {
  const versionId = `${secretId}-v${number}`;
  return {
    versionId,
    number,
    objectId: object.id,
    objectName: object.name,
    createdAt: "2026-04-01T00:00:00.000Z",
    state,
  };
}

function aNode(index: number): ModelSwarm["nodes"][number] {
  const id = `node-${index + 1}`;
  const role = index === 0 ? "manager" : "worker";
  return { id, hostname: id, role, state: "ready", availability: "active", isLeader: index === 0, isReachable: true };
}

function emptySight(model: ModelSwarm, otherSide: OtherSide): Sight {
  return {
    model,
    otherSide,
    attachment: null,
    passwords: new Set(),
    untested: new Set(),
    handGave: new Map(),
    shutOut: new Set(),
    now: () => model.now,
    operations: new Map(),
    violations: [],
    lastHand: new Map(),
    deployed: new Map(),
    touchedAt: new Map(),
    takenOutAt: new Map(),
    owned: new Set(),
    versionNumbers: new Map(),
    databaseAwaySince: null,
    clusterSince: 0,
    roleLostAt: null,
    automationPausedAt: null,
    values: [],
    refusals: new Map(),
    unseen: new Set(),
  };
}
