import "server-only";
import { translateRefusal } from "#lib/swarm/errors.ts";
import type { SwarmGateway } from "#lib/swarm/gateway.ts";
import { readSecrets } from "#lib/swarm/read-secret.ts";
import { readServices } from "#lib/swarm/read-service.ts";
import { readTasks } from "#lib/swarm/read-task.ts";
import type { ServiceObject, TaskObject } from "#lib/swarm/schema.ts";
import { specJson } from "#lib/swarm/spec.ts";
import { answer, type DockerQuestion } from "./docker-api.ts";
import { secretJson, serviceJson, serviceStatus, taskJson } from "./docker-json.ts";
import type { ModelSwarm } from "./swarm.ts";

type Asked = Parameters<typeof translateRefusal>[2];

/** The model as the executor sees it: in Docker's JSON and words, read by the same code as the real one, in no time. */
export function gatewayOf(model: ModelSwarm): SwarmGateway {
  const read = <T>(work: () => T): Promise<T> =>
    model.outage ? Promise.reject(model.outage) : Promise.resolve(work());

  function ask<T>(question: DockerQuestion, asked: Asked): T {
    const { statusCode, body } = answer(model, question);
    if (statusCode < 300) return body as T;
    throw translateRefusal(statusCode, (body as { message: string }).message, asked);
  }

  async function write<T>(call: { name: string; subject: string; asked: Asked }, question: DockerQuestion): Promise<T> {
    if (model.outage) throw model.outage;
    const apply = async () => {
      const entry = { name: call.name, subject: call.subject, isApplied: false, at: model.now };
      model.calls.push(entry);
      const reply = ask<T>(question, call.asked);
      entry.isApplied = true;
      return reply;
    };
    return (model.meddle ? model.meddle(call, apply) : apply()) as Promise<T>;
  }

  const listServices = (ids?: string[]) => servicesOf(model, ids);
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
    async createSecret({ name, labels, templating }, value) {
      const Data = await value.use(async (bytes) => Buffer.from(bytes).toString("base64"));
      const Templating = templating === null ? {} : { Templating: { Name: templating } };
      const body = { Name: name, Labels: labels, Data, ...Templating };
      const { ID } = await write<{ ID: string }>(
        { name: "createSecret", subject: name, asked: "create secret" },
        { method: "POST", path: "/secrets/create", body },
      );
      return { id: ID };
    },
    async removeSecret(id) {
      if (!model.outage && !model.secrets.has(id)) return;
      const path = `/secrets/${encodeURIComponent(id)}`;
      await write({ name: "removeSecret", subject: id, asked: "remove secret" }, { method: "DELETE", path });
    },
    async updateService(id, index, spec) {
      const path = `/services/${encodeURIComponent(id)}/update`;
      await write(
        { name: "updateService", subject: id, asked: "update service" },
        { method: "POST", path, query: { version: String(index) }, body: specJson(spec) },
      );
      return { warnings: [] };
    },
    compareSecret: async () => "unknown",
  };
}

function secretsOf(model: ModelSwarm, filter: { ids?: string[]; labels?: Record<string, string> } = {}) {
  return readSecrets([...model.secrets.values()].map(secretJson)).filter(
    ({ id, labels }) =>
      (!filter.ids || filter.ids.includes(id)) &&
      Object.entries(filter.labels ?? {}).every(([key, value]) => labels[key] === value),
  );
}

/** Read once for as long as nothing of it changes: a history asks thousands of times. A spec is never changed in place. */
function servicesOf(model: ModelSwarm, ids?: string[]): ServiceObject[] {
  const services = [...model.services.values()].filter(({ id }) => !ids || ids.includes(id));
  return services.map((service) => {
    const { spec, previousSpec, update, index, updatedAt } = service;
    const { RunningTasks, DesiredTasks, CompletedTasks } = serviceStatus(model, service);
    const state = [spec, previousSpec, update, index, updatedAt, RunningTasks, DesiredTasks, CompletedTasks];
    return remembered(readOnes, service, state, () => readServices([serviceJson(model, service)])[0] as ServiceObject);
  });
}

function tasksIn(model: ModelSwarm, serviceIds?: string[]): TaskObject[] {
  const tasks = model.tasks.filter(({ serviceId }) => !serviceIds || serviceIds.includes(serviceId));
  return tasks.map((task) => {
    const { state, desired, changedAt, createdAt, nodeId, slot, exitCode, error, secretIds } = task;
    const seen = [state, desired, changedAt, createdAt, nodeId, slot, exitCode, error, secretIds];
    return remembered(readTaskOnes, task, seen, () => readTasks([taskJson(task)])[0] as TaskObject);
  });
}

type Memory<T> = WeakMap<object, { state: readonly unknown[]; read: T }>;

const readOnes: Memory<ServiceObject> = new WeakMap();
const readTaskOnes: Memory<TaskObject> = new WeakMap();

function remembered<T>(memory: Memory<T>, of: object, state: readonly unknown[], read: () => T): T {
  const known = memory.get(of);
  if (known?.state.every((each, index) => each === state[index])) return known.read;
  const fresh = read();
  memory.set(of, { state, read: fresh });
  return fresh;
}
