import "server-only";
import { AppError } from "#lib/errors.ts";
import type { SwarmGateway } from "#lib/swarm/gateway.ts";
import { parseDockerLossless } from "#lib/swarm/lossless.ts";
import { readSecrets } from "#lib/swarm/read-secret.ts";
import { readServices } from "#lib/swarm/read-service.ts";
import { readTasks } from "#lib/swarm/read-task.ts";
import type { NodeObject, ServiceSpec } from "#lib/swarm/schema.ts";
import { specJson } from "#lib/swarm/spec.ts";
import { ModelRollout } from "./model-rollout.ts";
import { hasEndedTask, type Service, type Spec, type Task, templateOf, wantedOf } from "./model-tasks.ts";

type Secret = {
  id: string;
  name: string;
  labels: Record<string, string>;
  index: number;
  value: string;
  createdAt: number;
};

/** What a test does to a call: lose its answer, keep it from arriving, let it arrive late, act before it. */
export type Meddle = (call: { name: string; subject: string }, apply: () => Promise<unknown>) => Promise<unknown>;

/**
 * A Swarm for tests: specs, version indexes, previous specs, rollouts with their states, tasks in virtual time.
 * It follows the notes on how Docker really behaves; what it cannot do, the tests on a real engine do.
 */
export class ModelSwarm {
  now = Date.parse("2026-05-01T12:00:00Z");
  clusterId = "cluster-1";
  readonly secrets = new Map<string, Secret>();
  readonly services = new Map<string, Service>();
  readonly tasks: Task[] = [];
  readonly nodes: NodeObject[] = [aNode("node-1", "manager"), aNode("node-2", "worker")];
  readonly volumes: { id: string; name: string; secretObjectIds: string[] }[] = [];
  /** Every call that changed something, or tried to. */
  readonly calls: { name: string; subject: string; isApplied: boolean; at: number }[] = [];
  meddle: Meddle | null = null;
  /** While set, every call fails with it. */
  outage: AppError | null = null;
  readonly rollout = new ModelRollout(this);
  #index = 10;
  #count = 0;

  /** Virtual time, in steps small enough that nothing is skipped. */
  advance(seconds: number): void {
    const end = this.now + seconds * 1000;
    while (this.now < end) {
      this.now = Math.min(end, this.now + 100);
      this.rollout.tick();
    }
  }

  nextIndex(): number {
    this.#index += 1;
    return this.#index;
  }

  nextId(kind: string): string {
    this.#count += 1;
    return `${kind}-${this.#count}`;
  }

  addSecret(name: string, labels: Record<string, string> = {}, value = "old"): Secret {
    const id = this.nextId("object");
    const secret = { id, name, labels, index: this.nextIndex(), value, createdAt: this.now };
    this.secrets.set(id, secret);
    return secret;
  }

  addService(
    name: string,
    over: Partial<Spec> & { secrets?: { id: string; name: string; target?: string }[] } = {},
  ): Service {
    const { secrets = [], ...rest } = over;
    const Secrets = secrets.map(({ id, name: secretName, target }) => ({
      File: { Name: target ?? "db_password", UID: "0", GID: "0", Mode: 0o444 },
      ...{ SecretID: id, SecretName: secretName },
    }));
    const ContainerSpec = { Image: "skep-sample:1", ...(Secrets.length > 0 ? { Secrets } : {}) };
    const spec: Spec = {
      ...{
        Name: name,
        Labels: {},
        TaskTemplate: { ContainerSpec, ForceUpdate: 0 },
        Mode: { Replicated: { Replicas: 2 } },
      },
      ...rest,
    };
    const service: Service = {
      ...{ id: `service-${name}`, spec, previousSpec: null, index: this.nextIndex(), updatedAt: this.now },
      ...{ update: null, settledAt: null, isRolling: false },
    };
    this.services.set(service.id, service);
    this.rollout.start(service, { isFirst: true });
    this.advance(3);
    return service;
  }

  /** Another hand's update: `docker service update`, a deploy. */
  edit(serviceId: string, change: (spec: Spec) => void): void {
    const service = this.service(serviceId);
    const spec = structuredClone(service.spec);
    change(spec);
    this.apply(service, spec);
  }

  /** `docker service rollback`. */
  rollBackByHand(serviceId: string): void {
    const service = this.service(serviceId);
    const { previousSpec, spec } = service;
    if (!previousSpec) throw new Error("nothing to go back to");
    this.apply(service, previousSpec);
    service.previousSpec = spec;
    service.update = {
      state: "rollback_started",
      startedAt: this.now,
      completedAt: null,
      message: "manually requested rollback",
    };
  }

  apply(service: Service, spec: Spec): void {
    const before = templateOf(service.spec);
    service.previousSpec = service.spec;
    service.spec = spec;
    service.update = null;
    service.index = this.nextIndex();
    service.updatedAt = this.now;
    this.rollout.start(service, { isFirst: false, isSameTemplate: before === templateOf(spec) });
  }

  service(id: string): Service {
    const service = this.services.get(id);
    if (!service) throw new AppError("not-found", "There is no such service.");
    return service;
  }

  tasksOf(serviceId: string): Task[] {
    return this.tasks.filter((task) => task.serviceId === serviceId);
  }

  gateway(): SwarmGateway {
    return gatewayOf(this);
  }
}

function gatewayOf(model: ModelSwarm): SwarmGateway {
  const read = <T>(work: () => T): Promise<T> =>
    model.outage ? Promise.reject(model.outage) : Promise.resolve(work());
  async function write<T>(name: string, subject: string, work: () => T): Promise<T> {
    if (model.outage) throw model.outage;
    const apply = async () => {
      const entry = { name, subject, isApplied: false, at: model.now };
      model.calls.push(entry);
      const answer = work();
      entry.isApplied = true;
      return answer;
    };
    return (model.meddle ? model.meddle({ name, subject }, apply) : apply()) as Promise<T>;
  }
  const listServices = (ids?: string[]) => servicesOf(model).filter(({ id }) => !ids || ids.includes(id));
  return {
    readCluster: () =>
      read(() => ({ id: model.clusterId, name: "default", isAutolocked: false, engineVersion: "20.10.24" })),
    listNodes: () => read(() => structuredClone(model.nodes)),
    listSecrets: (filter) => read(() => secretsOf(model, filter)),
    findSecret: (id) => read(() => secretsOf(model, { ids: [id] })[0] ?? null),
    listServices: (filter) => read(() => listServices(filter?.ids)),
    findService: (id) => read(() => listServices([id])[0] ?? null),
    listTasks: (filter) => read(() => tasksIn(model, filter?.serviceIds)),
    listVolumes: () => read(() => structuredClone(model.volumes)),
    async createSecret({ name, labels }, value) {
      const text = await value.use(async (bytes) => bytes.toString());
      return write("createSecret", name, () => {
        const isTaken = [...model.secrets.values()].some((each) => each.name.toLowerCase() === name.toLowerCase());
        if (isTaken) throw new AppError("name-taken", "The Swarm has a secret of this name.");
        return { id: model.addSecret(name, labels, text).id };
      });
    },
    removeSecret: (id) =>
      write("removeSecret", id, () => {
        const isNamed = [...model.services.values()].some(({ spec }) => namesIn(spec).includes(id));
        if (isNamed) throw new AppError("swarm-refused", "A service still names this secret.");
        model.secrets.delete(id);
      }),
    updateService: (id, index, spec) => write("updateService", id, () => update(model, id, index, spec)),
    compareSecret: async () => "unknown",
  };
}

function update(model: ModelSwarm, id: string, index: number, spec: ServiceSpec): { warnings: string[] } {
  const service = model.service(id);
  if (service.index !== index) throw new AppError("swarm-conflict", "Somebody else changed this at the same time.");
  const wanted = structuredClone(specJson(spec)) as Spec;
  const missing = namesIn(wanted).find((secretId) => !model.secrets.has(secretId));
  if (missing) throw new AppError("swarm-refused", "The Swarm refused the change.");
  model.apply(service, wanted);
  return { warnings: [] };
}

function namesIn({ TaskTemplate }: Spec): string[] {
  return (TaskTemplate.ContainerSpec.Secrets ?? []).map(({ SecretID }) => SecretID);
}

function secretsOf(model: ModelSwarm, filter: { ids?: string[]; labels?: Record<string, string> } = {}) {
  const docker = [...model.secrets.values()].map(({ id, name, labels, index, createdAt }) => ({
    ...{ ID: id, Version: { Index: index }, CreatedAt: iso(createdAt) },
    Spec: { Name: name, Labels: labels },
  }));
  return readSecrets(docker).filter(
    ({ id, labels }) =>
      (!filter.ids || filter.ids.includes(id)) &&
      Object.entries(filter.labels ?? {}).every(([key, value]) => labels[key] === value),
  );
}

function servicesOf(model: ModelSwarm) {
  const docker = [...model.services.values()].map(({ id, spec, previousSpec, index, updatedAt, update }) => {
    const tasks = model.tasksOf(id);
    const RunningTasks = tasks.filter(({ state }) => state === "running").length;
    const DesiredTasks = wantedOf(spec, model.nodes.filter(({ state }) => state === "ready").length);
    return {
      ...{ ID: id, Version: { Index: index }, CreatedAt: iso(0), UpdatedAt: iso(updatedAt), Spec: spec },
      ...(previousSpec ? { PreviousSpec: previousSpec } : {}),
      ...(update ? { UpdateStatus: statusOf(update) } : {}),
      ServiceStatus: { RunningTasks, DesiredTasks, CompletedTasks: 0 },
    };
  });
  return readServices(parseDockerLossless(JSON.stringify(docker)));
}

function statusOf({ state, startedAt, completedAt, message }: NonNullable<Service["update"]>) {
  return {
    State: state,
    StartedAt: iso(startedAt),
    Message: message,
    ...(completedAt ? { CompletedAt: iso(completedAt) } : {}),
  };
}

function tasksIn(model: ModelSwarm, serviceIds?: string[]) {
  const docker = model.tasks
    .filter(({ serviceId }) => !serviceIds || serviceIds.includes(serviceId))
    .map((task) => ({
      ...{
        ID: task.id,
        ServiceID: task.serviceId,
        Slot: task.slot,
        NodeID: task.nodeId,
        CreatedAt: iso(task.createdAt),
      },
      ...{ DesiredState: task.desired },
      Spec: { ContainerSpec: { Secrets: task.secretIds.map((SecretID) => ({ SecretID })) } },
      Status: {
        ...{ State: task.state, Timestamp: iso(task.createdAt), Err: task.error ?? "" },
        ...(hasEndedTask(task) ? { ContainerStatus: { ExitCode: task.exitCode ?? 0 } } : {}),
      },
    }));
  return readTasks(docker);
}

function iso(time: number): string {
  return new Date(time).toISOString();
}

export function aNode(id: string, role: "manager" | "worker"): NodeObject {
  const isLeader = role === "manager";
  return { id, hostname: id, role, state: "ready", availability: "active", isLeader, isReachable: true };
}
