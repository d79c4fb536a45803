import "server-only";
import { nodeJson, secretJson, serviceJson, taskJson } from "./docker-json.ts";
import type { ModelSwarm } from "./swarm.ts";
import { namedIn, type Service, type Spec } from "./tasks.ts";

export type DockerQuestion = {
  method: string;
  path: string;
  query?: Record<string, string>;
  /** The parsed body; a spec that was updated losslessly is kept as it came. */
  body?: unknown;
};
export type DockerReply = { statusCode: number; body: unknown };

/** What an engine's API says to Skep's requests, in Docker's words, with the model behind it. */
export function answer(model: ModelSwarm, question: DockerQuestion): DockerReply {
  try {
    return ask(model, question);
  } catch (error) {
    if (error instanceof Refusal) return { statusCode: error.statusCode, body: { message: error.message } };
    throw error;
  }
}

class Refusal extends Error {
  readonly statusCode: number;
  constructor(statusCode: number, message: string) {
    super(message);
    this.statusCode = statusCode;
  }
}

function ask(model: ModelSwarm, { method, path, query = {}, body }: DockerQuestion): DockerReply {
  const [, kind = "", id = "", verb = ""] = path.split("/").map(decodeURIComponent);
  if (method === "GET") return { statusCode: 200, body: read(model, kind, id, query) };
  if (method === "DELETE" && kind === "secrets") return removeSecret(model, id);
  if (method === "DELETE" && kind === "services") return removeService(model, id);
  if (kind === "secrets" && id === "create") return createSecret(model, body as NewSecretJson);
  if (kind === "secrets" && verb === "update") return updateSecret(model, id, query, body as NewSecretJson);
  if (kind === "services" && id === "create") {
    return { statusCode: 201, body: { ID: createService(model, body as Spec).id } };
  }
  if (kind === "services" && verb === "update") return updateService(model, id, query, body as Spec);
  throw new Refusal(404, "page not found");
}

function read(model: ModelSwarm, kind: string, id: string, query: Record<string, string>): unknown {
  const wanted = filtersIn(query);
  if (kind === "swarm") return { ID: model.clusterId, Spec: { Name: "default", EncryptionConfig: {} } };
  if (kind === "version") return { Version: "20.10.24" };
  if (kind === "nodes") return model.nodes.map(nodeJson);
  if (kind === "volumes") return { Volumes: model.volumes.map(volumeJson) };
  if (kind === "secrets" && id !== "") return secretJson(secretOf(model, id));
  if (kind === "services" && id !== "") return serviceJson(model, serviceOf(model, id));
  if (kind === "secrets") {
    return [...model.secrets.values()]
      .filter((secret) => passes(wanted.id, secret.id) && hasLabels(secret.labels, wanted.label))
      .map(secretJson);
  }
  if (kind === "services") {
    const services = [...model.services.values()].filter((service) => passes(wanted.id, service.id));
    return services.map((service) => serviceJson(model, service));
  }
  if (kind === "tasks") return tasks(model, wanted.service).map(taskJson);
  throw new Refusal(404, "page not found");
}

type Filters = { id?: string[]; label?: string[]; service?: string[] };

function filtersIn({ filters }: Record<string, string>): Filters {
  return filters === undefined ? {} : (JSON.parse(filters) as Filters);
}

/** Docker takes the beginning of an ID for the ID. */
function passes(wanted: string[] | undefined, id: string): boolean {
  return wanted === undefined || wanted.some((each) => id.startsWith(each));
}

function hasLabels(labels: Record<string, string>, wanted: string[] = []): boolean {
  return wanted.every((each) => {
    const [name = "", ...rest] = each.split("=");
    return labels[name] === rest.join("=");
  });
}

/** One service that is gone fails the whole question. */
function tasks(model: ModelSwarm, services: string[] | undefined) {
  for (const id of services ?? []) serviceOf(model, id);
  return model.tasks.filter(({ serviceId }) => services === undefined || services.includes(serviceId));
}

function volumeJson({ id, name, secretObjectIds }: ModelSwarm["volumes"][number]) {
  const Secrets = secretObjectIds.map((Secret) => ({ Key: "key", Secret }));
  return { Name: name, ClusterVolume: { ID: id, Spec: { Secrets } } };
}

function secretOf(model: ModelSwarm, id: string) {
  const secret = model.secrets.get(id);
  if (!secret) throw new Refusal(404, `secret ${id} not found`);
  return secret;
}

function serviceOf(model: ModelSwarm, id: string): Service {
  const service = model.services.get(id);
  if (!service) throw new Refusal(404, `service ${id} not found`);
  return service;
}

type NewSecretJson = { Name: string; Labels?: Record<string, string>; Data?: string; Templating?: { Name: string } };

function createSecret(model: ModelSwarm, { Name, Labels = {}, Data = "", Templating }: NewSecretJson): DockerReply {
  refuseName(Name);
  const bytes = Buffer.from(Data, "base64");
  if (bytes.length === 0 || bytes.length >= 512_000) {
    throw new Refusal(
      400,
      "rpc error: code = InvalidArgument desc = secret data must be larger than 0 and less than 512000 bytes",
    );
  }
  const taken = [...model.secrets.values()].some(({ name }) => name.toLowerCase() === Name.toLowerCase());
  if (taken) throw new Refusal(409, `rpc error: code = AlreadyExists desc = secret ${Name} already exists`);
  const secret = model.addSecret(Name, { ...Labels }, bytes.toString(), Templating?.Name ?? null);
  return { statusCode: 201, body: { ID: secret.id } };
}

/** Docker minds another value before it minds the version. */
function updateSecret(model: ModelSwarm, id: string, query: Record<string, string>, body: NewSecretJson): DockerReply {
  const secret = secretOf(model, id);
  const isOther = body.Data !== undefined && Buffer.from(body.Data, "base64").toString() !== secret.value;
  if (isOther) throw new Refusal(400, "rpc error: code = InvalidArgument desc = only updates to Labels are allowed");
  if (secret.index !== Number(query.version)) throw outOfSequence();
  secret.labels = { ...(body.Labels ?? {}) };
  secret.index = model.nextIndex();
  return { statusCode: 200, body: {} };
}

function removeSecret(model: ModelSwarm, id: string): DockerReply {
  const { name } = secretOf(model, id);
  const users = [...model.services.values()].filter(({ spec }) => namedIn(spec).includes(id));
  if (users.length > 0) {
    const names = users.map(({ spec }) => spec.Name).join(", ");
    throw new Refusal(
      400,
      `rpc error: code = InvalidArgument desc = secret '${name}' is in use by the following service: ${names}`,
    );
  }
  model.secrets.delete(id);
  return { statusCode: 204, body: null };
}

function refuseName(name: string): void {
  if (/^[a-zA-Z0-9]+(?:[a-zA-Z0-9-_.]*[a-zA-Z0-9])?$/.test(name) && name.length <= 64) return;
  const words = "invalid name, only 64 [a-zA-Z0-9-_.] characters allowed";
  throw new Refusal(400, `rpc error: code = InvalidArgument desc = ${words}`);
}

function createService(model: ModelSwarm, spec: Spec): Service {
  refuseReferences(model, spec);
  if ([...model.services.values()].some((service) => service.spec.Name === spec.Name)) {
    const words = `name conflicts with an existing object: service ${spec.Name} already exists`;
    throw new Refusal(409, `rpc error: code = AlreadyExists desc = ${words}`);
  }
  return model.createService(structuredClone(spec));
}

function updateService(model: ModelSwarm, id: string, query: Record<string, string>, spec: Spec): DockerReply {
  const service = serviceOf(model, id);
  if (service.index !== Number(query.version)) throw outOfSequence();
  if (query.rollback === "previous") {
    if (!service.previousSpec) {
      throw new Refusal(400, `rpc error: code = FailedPrecondition desc = service ${id} does not have a previous spec`);
    }
    model.rollBackByHand(service.id);
    return { statusCode: 200, body: { Warnings: null } };
  }
  refuseReferences(model, spec);
  model.apply(service, structuredClone(spec));
  return { statusCode: 200, body: { Warnings: null } };
}

function removeService(model: ModelSwarm, id: string): DockerReply {
  model.removeService(serviceOf(model, id).id);
  return { statusCode: 200, body: null };
}

/** Each reference needs a file of its own, and the ID and the name of one secret. */
function refuseReferences(model: ModelSwarm, { TaskTemplate }: Spec): void {
  const references = TaskTemplate.ContainerSpec.Secrets ?? [];
  if (references.some(({ File }) => !File)) throw refusedSpec("malformed secret reference");
  const targets = references.map(({ File }) => File.Name);
  const twice = targets.find((target, index) => targets.indexOf(target) !== index);
  if (twice !== undefined) throw refusedSpec(`secret references have a conflicting target: '${twice}'`);
  const missing = references.filter(({ SecretID, SecretName }) => model.secrets.get(SecretID)?.name !== SecretName);
  if (missing.length > 0)
    throw refusedSpec(`secret not found: ${missing.map(({ SecretName }) => SecretName).join(", ")}`);
}

function refusedSpec(words: string): Refusal {
  return new Refusal(400, `rpc error: code = InvalidArgument desc = ${words}`);
}

function outOfSequence(): Refusal {
  return new Refusal(500, "rpc error: code = Unknown desc = update out of sequence");
}
