import "server-only";
import { execFile } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { systemClock } from "#lib/clock.ts";
import { connectGateway } from "#lib/swarm/docker.ts";
import type { SwarmGateway } from "#lib/swarm/gateway.ts";
import type { SecretReference } from "#lib/swarm/schema.ts";
import { SecretValue } from "#lib/value.ts";
import { takeUp } from "../advance.ts";
import { usesCommand } from "../by-hand-commands.ts";
import { connectionCommand } from "../by-hand-connection.ts";
import type { ByHandWay } from "../by-hand-step.ts";
import { byHandWays } from "../by-hand-ways.ts";
import type { Operation } from "../ledger.ts";
import { ledgerOf } from "../new-ledger.ts";
import { ownRandom, ownSources } from "../own-ports.ts";
import type { Ports } from "../ports.ts";
import { sampleChange, samplePlan, sampleStarter } from "../sample.ts";
import type { Plan, PlannedEdit } from "../schema.ts";
import { MemoryStore } from "./memory-store.ts";
import { OtherSide } from "./other-side.ts";
import { seenBy } from "./seen-by.ts";

const run = promisify(execFile);

type Engine = { host: string; api: { call<T>(method: string, path: string, body?: unknown): Promise<T> } };
type Given = { id: string; name: string };
type File = { target: string; uid?: string; gid?: string; mode?: number };

/** A real engine, Skep's executor on it, and a shell with Docker's own client, for what the page "by hand" says. */
export class ByHandStage {
  readonly gateway: SwarmGateway;
  readonly ports: Ports & { store: MemoryStore };
  readonly #engine: Engine;
  readonly #image: string;
  readonly #folder: string;

  constructor({ engine, image, folder }: { engine: Engine; image: string; folder: string }) {
    this.#engine = engine;
    this.#image = image;
    this.#folder = folder;
    this.gateway = connectGateway({ endpoints: [this.#endpoint] });
    const store = new MemoryStore(() => Date.now());
    store.roles.set("person-1", "administrator");
    const rotators = new OtherSide();
    this.ports = { store, swarm: this.gateway, clock: systemClock, random: ownRandom, sources: ownSources, rotators };
  }

  get #endpoint() {
    return { host: this.#engine.host, certPath: null, isTlsVerified: false };
  }

  async secret(name: string): Promise<Given> {
    const value = new SecretValue(Buffer.from("by hand"));
    const { id } = await this.gateway.createSecret({ name, labels: {}, templating: null }, value);
    return { id, name };
  }

  reference({ id, name }: Given, { target, uid = "0", gid = "0", mode = 0o444 }: File): object {
    return { File: { Name: target, UID: uid, GID: gid, Mode: mode }, SecretID: id, SecretName: name };
  }

  async service(Name: string, Secrets: object[], { container = {}, replicas = 1, delay = 0 } = {}): Promise<string> {
    const own = { Image: this.#image, Secrets, Command: ["/bin/serve"], StopGracePeriod: 1e9, ...container };
    const Mode = { Replicated: { Replicas: replicas } };
    const UpdateConfig = { Parallelism: 1, Monitor: 1e9, Delay: delay };
    const spec = { Name, TaskTemplate: { ContainerSpec: own }, Mode, UpdateConfig };
    return (await this.#engine.api.call<{ ID: string }>("POST", "/services/create", spec)).ID;
  }

  /** An operation that does this to services `<name>-a` and `<name>-b`, one after the other. */
  async start(name: string, services: string[], edits: PlannedEdit[], over: Partial<Plan> = {}): Promise<string> {
    const plan = samplePlan({
      clusterId: (await this.gateway.readCluster()).id,
      secrets: [{ secretId: `secret-${name}`, secretName: name, fromVersion: 1, toVersion: 2 }],
      changes: services.map((id, place) =>
        sampleChange(id, edits, { serviceName: `${name}-${"ab"[place]}`, tasks: 1, soakSeconds: 0 }),
      ),
      order: "one-by-one",
      ...over,
    });
    const given = { id: `operation-${name}`, plan, steps: ledgerOf(plan), actor: sampleStarter };
    await this.ports.store.insert({ ...given, isValueInRequest: false, events: [], records: [] });
    return given.id;
  }

  /** What a worker does, to the end or until it has seen enough. */
  async work(id: string, until?: (operation: Operation) => boolean, ports: Ports = this.ports): Promise<Operation> {
    const leased = await ports.store.lease(id, "test");
    if (!leased) throw new Error("nothing to take up");
    const own = takeUp(leased, ports);
    while (!until?.(own.operation)) {
      const progress = await own.goOn(new Set(until && own.operation.steps.some(hasBegunToMove) ? ["move"] : []));
      if (progress.state !== "open") break;
      await ports.store.renew(leased.lease);
      await pause(Math.min(Math.max(progress.waitSeconds, 0.05), 1) * 1000);
    }
    await ports.store.release(leased.lease, 0);
    return own.operation;
  }

  /** All that the page would show now, typed in from the first line to the last. */
  async type(operation: Operation, way: ByHandWay["way"]): Promise<ByHandWay> {
    const wanted = byHandWays(operation, await seenBy(this.gateway)).find((each) => each.way === way);
    if (!wanted) throw new Error("no such way");
    await this.shell(wanted.steps.flatMap(({ commands }) => commands));
    return wanted;
  }

  async shell(lines: readonly string[]): Promise<string> {
    const script = [connectionCommand(this.#endpoint), ...lines].join("\n");
    return (await run("sh", ["-ec", script], { cwd: this.#folder })).stdout;
  }

  async references(services: string[]): Promise<SecretReference[][]> {
    const found = await Promise.all(services.map((id) => this.gateway.findService(id)));
    return found.map((each) => (each?.references ?? []).toSorted((a, b) => a.target.localeCompare(b.target)));
  }

  /** What Docker could roll these services back to. */
  async previous(services: string[]): Promise<string[]> {
    const found = await Promise.all(services.map((id) => this.gateway.findService(id)));
    return found.flatMap((each) => (each?.previousReferences ?? []).map(({ objectName }) => objectName));
  }

  async objects(): Promise<string[]> {
    return (await this.gateway.listSecrets()).map(({ name }) => name).toSorted();
  }

  /** What the look before a removal shows, a line for each task that runs. */
  async uses(objectName: string): Promise<string[]> {
    const lines = (await this.shell([usesCommand([objectName])])).trim().split("\n");
    return lines.filter((line) => line.startsWith("running "));
  }
}

/** One service has moved, and no other has begun to. */
export function hasMovedOne({ steps }: Operation): boolean {
  return steps.some(({ name, state }) => name === "watch" && state === "done");
}

export async function untilSo(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await isSo()); tries += 1) {
    if (tries > 240) throw new Error("it did not come to that");
    await pause(500);
  }
}

function hasBegunToMove({ name, attempt }: Operation["steps"][number]): boolean {
  return name === "move" && attempt > 0;
}
