import "server-only";
import { AppError } from "#lib/errors.ts";
import type { SwarmGateway } from "#lib/swarm/gateway.ts";
import { parseDockerLossless } from "#lib/swarm/lossless.ts";
import { readSecrets } from "#lib/swarm/read-secret.ts";
import { readServices } from "#lib/swarm/read-service.ts";
import { readTasks } from "#lib/swarm/read-task.ts";
import type { ServiceSpec } from "#lib/swarm/schema.ts";
import { specJson } from "#lib/swarm/spec.ts";
import type { ModelSwarm } from "./swarm.ts";
import { hasEndedTask, type Service, type Spec, wantedOf } from "./tasks.ts";

/** The model as the executor sees it: in Docker's JSON, read by the same code as the real one. */
export function gatewayOf(model: ModelSwarm): SwarmGateway {
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
    ID: id,
    Version: { Index: index },
    CreatedAt: iso(createdAt),
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
      ID: id,
      Version: { Index: index },
      CreatedAt: iso(0),
      UpdatedAt: iso(updatedAt),
      Spec: spec,
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
      ID: task.id,
      ServiceID: task.serviceId,
      Slot: task.slot,
      NodeID: task.nodeId,
      CreatedAt: iso(task.createdAt),
      DesiredState: task.desired,
      Spec: { ContainerSpec: { Secrets: task.secretIds.map((SecretID) => ({ SecretID })) } },
      Status: {
        State: task.state,
        Timestamp: iso(task.createdAt),
        Err: task.error ?? "",
        ...(hasEndedTask(task) ? { ContainerStatus: { ExitCode: task.exitCode ?? 0 } } : {}),
      },
    }));
  return readTasks(docker);
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
