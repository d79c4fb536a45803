import "server-only";
import { isAppError } from "#lib/errors.ts";
import type { SecretValue } from "#lib/value.ts";
import { base64Length, writeBase64 } from "./base64.ts";
import { type ConnectOptions, connectClient, type SwarmClient } from "./client.ts";
import { saysOnlyLabels, statusOf } from "./errors.ts";
import { parse, requireFields, requireText, textsAt } from "./fields.ts";
import type { NewSecret, SwarmGateway } from "./gateway.ts";
import { readCluster, readNodes } from "./read-cluster.ts";
import { containerOf } from "./read-references.ts";
import { readSecret, readSecrets, readVolumes } from "./read-secret.ts";
import { readServices } from "./read-service.ts";
import { readTasks } from "./read-task.ts";
import { redactError } from "./redact.ts";
import type { SecretObject, ServiceSpec, TaskObject } from "./schema.ts";
import { specJson, specText } from "./spec.ts";

/** The Swarm behind one or several manager addresses. Nothing is sent before the first call. */
export function connectGateway(options: ConnectOptions): SwarmGateway {
  const client = connectClient(options);
  return { ...readsOf(client), ...writesOf(client) };
}

type Reads = Omit<SwarmGateway, keyof ReturnType<typeof writesOf>>;

function readsOf(client: SwarmClient): Reads {
  const get = (path: string, query?: Record<string, string>) =>
    client.call({ method: "GET", path, ...(query ? { query } : {}) }, "read");

  async function listSecrets(filter: { labels?: Record<string, string>; ids?: string[] } = {}) {
    const label = Object.entries(filter.labels ?? {}).map(([name, value]) => `${name}=${value}`);
    const secrets = readSecrets(parse(await get("/secrets", filters({ label, id: filter.ids }))));
    return onlyIds(secrets, filter.ids);
  }

  async function listServices(filter: { ids?: string[] } = {}) {
    const answer = await get("/services", { status: "true", ...filters({ id: filter.ids }) });
    return onlyIds(readServices(parse(answer), answer), filter.ids);
  }

  return {
    listSecrets,
    listServices,
    async readCluster() {
      const [swarm, version] = await Promise.all([get("/swarm"), get("/version")]);
      return readCluster(parse(swarm), parse(version));
    },
    async listNodes() {
      return readNodes(parse(await get("/nodes")));
    },
    findSecret: (id) => findSecret(client, id),
    async findService(id) {
      const [service] = await listServices({ ids: [id] });
      return service ?? null;
    },
    listTasks: (filter = {}) => listTasks(get, filter.serviceIds),
    async listVolumes() {
      const volumes = readVolumes(parse(await get("/volumes")));
      if (volumes.every((volume) => volume.secretObjectIds.length === 0)) return volumes;
      const idsByName = new Map((await listSecrets()).map((secret) => [secret.name, secret.id]));
      return volumes.map((volume) => ({
        ...volume,
        secretObjectIds: volume.secretObjectIds.map((named) => idsByName.get(named) ?? named),
      }));
    },
  };
}

type Get = (path: string, query?: Record<string, string>) => Promise<string>;

/** Docker fails the whole question when one of the services is gone, and looks each of them up: then, and for many, all are read. */
async function listTasks(get: Get, serviceIds: string[] | undefined): Promise<TaskObject[]> {
  if (serviceIds === undefined) return readTasks(parse(await get("/tasks")));
  if (serviceIds.length === 0) return [];
  const wanted = new Set(serviceIds);
  try {
    const query = serviceIds.length > mostTaskFilters ? {} : filters({ service: serviceIds });
    return readTasks(parse(await get("/tasks", query))).filter((task) => wanted.has(task.serviceId));
  } catch (error) {
    if (!isAppError(error, "not-found")) throw error;
    return readTasks(parse(await get("/tasks"))).filter((task) => wanted.has(task.serviceId));
  }
}

const mostTaskFilters = 20;

function writesOf(client: SwarmClient) {
  return {
    async createSecret(secret: NewSecret, value: SecretValue): Promise<{ id: string }> {
      const answer = await withBody(secretBody(secret), value, (body) =>
        client.call({ method: "POST", path: "/secrets/create", body }, "create secret"),
      );
      return { id: requireText(requireFields(parse(answer)), "ID") };
    },
    async removeSecret(id: string): Promise<void> {
      // Docker takes names and beginnings of IDs too: another secret must never be removed in this one's place.
      if ((await findSecret(client, id)) === null) return;
      try {
        await client.call({ method: "DELETE", path: `/secrets/${encodeURIComponent(id)}` }, "remove secret");
      } catch (error) {
        if (!isAppError(error, "not-found")) throw error;
      }
    },
    async updateService(id: string, versionIndex: number, spec: ServiceSpec) {
      const path = `/services/${encodeURIComponent(id)}/update`;
      const container = containerOf(requireFields(specJson(spec)));
      const request = {
        path,
        query: { version: String(versionIndex) },
        body: Buffer.from(specText(spec)),
        redact: (reason: string) => redactError(reason, container),
      };
      const answer = await client.call({ method: "POST", ...request }, "update service");
      return { warnings: textsAt(requireFields(parse(answer)), "Warnings") };
    },
    compareSecret: (object: SecretObject, value: SecretValue) => compareSecret(client, object, value),
  };
}

async function findSecret(client: SwarmClient, id: string): Promise<SecretObject | null> {
  try {
    const answer = await client.call({ method: "GET", path: `/secrets/${encodeURIComponent(id)}` }, "read");
    const secret = readSecret(requireFields(parse(answer)));
    return secret.id === id ? secret : null;
  } catch (error) {
    if (isAppError(error, "not-found")) return null;
    throw error;
  }
}

/** Version 0 is never the current one, so nothing can be written. Docker compares the value first, so its error tells whether it differs. */
async function compareSecret(
  client: SwarmClient,
  object: SecretObject,
  value: SecretValue,
): Promise<"equal" | "different" | "unknown"> {
  const path = `/secrets/${encodeURIComponent(object.id)}/update`;
  try {
    await withBody(secretBody(object), value, (body) =>
      client.call({ method: "POST", path, query: { version: "0" }, body }, "compare secret"),
    );
  } catch (error) {
    if (isAppError(error, "swarm-conflict")) return "equal";
    if (saysOnlyLabels(error)) return "different";
    if (statusOf(error) === null) throw error;
  }
  return "unknown";
}

function secretBody({ name, labels, templating }: NewSecret): object {
  return { Name: name, Labels: labels, ...(templating === null ? {} : { Templating: { Name: templating } }) };
}

/** The one place where a value becomes bytes of a request. They are overwritten when the call has ended, however it did. */
async function withBody<T>(fields: object, value: SecretValue, send: (body: Buffer) => Promise<T>): Promise<T> {
  return value.use(async (bytes) => {
    const head = Buffer.from(`${JSON.stringify(fields).slice(0, -1)},"Data":"`);
    const body = Buffer.alloc(head.length + base64Length(bytes.length) + 2);
    try {
      head.copy(body);
      writeBase64(bytes, body, head.length);
      body.write('"}', body.length - 2);
      return await send(body);
    } finally {
      body.fill(0);
    }
  });
}

function filters(wanted: Record<string, string[] | undefined>): Record<string, string> {
  const given = Object.entries(wanted).filter(([, values]) => values !== undefined && values.length > 0);
  return given.length === 0 ? {} : { filters: JSON.stringify(Object.fromEntries(given)) };
}

/** Docker's filter takes the beginnings of IDs; ours does not. */
function onlyIds<T extends { id: string }>(objects: T[], ids: string[] | undefined): T[] {
  if (ids === undefined) return objects;
  const wanted = new Set(ids);
  return objects.filter((object) => wanted.has(object.id));
}
