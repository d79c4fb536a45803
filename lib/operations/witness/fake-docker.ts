import "server-only";
import { createServer, type IncomingMessage } from "node:http";
import { AppError } from "#lib/errors.ts";

type Service = { id: string; index: number; spec: string; previousSpec: string | null };

/** A Docker endpoint for tests that keeps specs as text: what it is given comes back letter by letter, however odd. */
export type FakeDocker = {
  addSecret(name: string): { objectId: string; objectName: string };
  addService(spec: string): string;
  specOf(serviceId: string): string;
  stop(): Promise<void>;
};

export const fakeClusterId = "cluster-1";

export async function startFakeDocker(socketPath: string): Promise<FakeDocker> {
  const books = new Books();
  const server = createServer(async (incoming, outgoing) => {
    const { statusCode, text } = books.answer(incoming, await bodyOf(incoming));
    outgoing.writeHead(statusCode, { "Content-Type": "application/json" }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    addSecret: (name) => ({ objectId: books.addSecret(name, {}), objectName: name }),
    addService: (spec) => books.addService(spec),
    specOf: (serviceId) => books.service(serviceId).spec,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

class Books {
  readonly #services = new Map<string, Service>();
  readonly #secrets = new Map<string, { name: string; labels: object }>();
  #index = 10;

  addSecret(name: string, labels: object): string {
    this.#index += 1;
    const id = `object-${this.#index}`;
    this.#secrets.set(id, { name, labels });
    return id;
  }

  addService(spec: string): string {
    this.#index += 1;
    const id = `service-${this.#index}`;
    this.#services.set(id, { id, index: this.#index, spec, previousSpec: null });
    return id;
  }

  service(id: string): Service {
    const service = this.#services.get(id);
    if (!service) throw new AppError("not-found", "There is no such service.");
    return service;
  }

  answer({ method, url }: IncomingMessage, body: string): { statusCode: number; text: string } {
    const { pathname, searchParams } = new URL(url ?? "", "http://docker");
    const [, kind = "", id = ""] = pathname.split("/");
    if (method === "GET") return { statusCode: 200, text: this.#read(kind, id, searchParams.get("filters")) };
    if (method === "DELETE") {
      this.#secrets.delete(id);
      return { statusCode: 204, text: "" };
    }
    if (kind === "services") return this.#update(this.service(id), Number(searchParams.get("version")), body);
    const { Name, Labels } = JSON.parse(body) as { Name: string; Labels: object };
    return { statusCode: 201, text: JSON.stringify({ ID: this.addSecret(Name, Labels) }) };
  }

  #read(kind: string, id: string, filters: string | null): string {
    if (kind === "swarm") return JSON.stringify({ ID: fakeClusterId });
    if (kind === "version") return '{"Version":"20.10.24"}';
    if (kind === "volumes") return '{"Volumes":[]}';
    if (kind === "secrets" && id !== "") return secretJson(id, this.#secrets.get(id));
    if (kind === "secrets") return `[${[...this.#secrets].map(([each, secret]) => secretJson(each, secret)).join()}]`;
    if (kind === "nodes") return leadingNode;
    if (kind !== "services") return "[]";
    const wanted = (JSON.parse(filters ?? "{}") as { id?: string[] }).id;
    const services = wanted ? wanted.map((each) => this.service(each)) : [...this.#services.values()];
    return `[${services.map(serviceJson).join()}]`;
  }

  #update(service: Service, index: number, body: string): { statusCode: number; text: string } {
    if (service.index !== index) return { statusCode: 500, text: '{"message":"update out of sequence"}' };
    this.#index += 1;
    service.previousSpec = service.spec;
    service.spec = body;
    service.index = this.#index;
    return { statusCode: 200, text: '{"Warnings":null}' };
  }
}

const leadingNode = JSON.stringify([
  { ID: "node-1", Spec: { Role: "manager" }, ManagerStatus: { Leader: true, Reachability: "reachable" } },
]);

function serviceJson({ id, index, spec, previousSpec }: Service): string {
  const previous = previousSpec === null ? "" : `,"PreviousSpec":${previousSpec}`;
  const times = '"CreatedAt":"2026-03-01T10:00:00Z","UpdatedAt":"2026-03-01T10:00:00Z"';
  return `{"ID":"${id}","Version":{"Index":${index}},${times},"Spec":${spec}${previous}}`;
}

function secretJson(id: string, secret: { name: string; labels: object } | undefined): string {
  const Spec = { Name: secret?.name, Labels: secret?.labels };
  return JSON.stringify({ ID: id, Version: { Index: 1 }, CreatedAt: "2026-03-01T10:00:00Z", Spec });
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
