import "server-only";
import type { AppError } from "#lib/errors.ts";
import { SecretValue } from "#lib/value.ts";
import { type Progress, takeUp, type Work, type WorkOptions } from "../advance.ts";
import type { Operation } from "../ledger.ts";
import { ledgerOf } from "../new-ledger.ts";
import type { Ports } from "../ports.ts";
import {
  sampleChange,
  samplePlan,
  sampleRetirement,
  sampleSettings,
  sampleStarter,
  sampleVersion,
  toCreated,
} from "../sample.ts";
import type { Plan, PlannedChange } from "../schema.ts";
import { reservations } from "../steps/record.ts";
import type { Lease } from "../store-port.ts";
import { applyRecord } from "./memory-books.ts";
import { MemoryStore } from "./memory-store.ts";
import { type Death, type Mortal, mortalPorts } from "./mortal.ts";
import { OtherSide } from "./other-side.ts";
import { ModelSwarm } from "./swarm.ts";

/** The executor on a model of the Swarm and a store in memory, in virtual time: what tests drive. */
export class Rehearsal {
  readonly model = new ModelSwarm();
  readonly store = new MemoryStore(() => this.model.now);
  readonly ports: Ports;
  /** Why the source gives nothing; null where it gives what it is asked for. */
  sourceFailure: AppError | null = null;
  readonly otherSide = new OtherSide();
  #operations = 0;
  #values = 0;

  constructor() {
    this.store.roles.set("person-1", "operator");
    this.ports = {
      store: this.store,
      swarm: this.model.gateway(),
      clock: { now: () => new Date(this.model.now) },
      random: {
        id: () => `id-${this.model.nextId("x")}`,
        fraction: () => 0.5,
        value: () => {
          this.#values += 1;
          return new SecretValue(Buffer.from(`generated-${this.#values}`));
        },
      },
      sources: {
        read: async ({ path, sourceVersionId }) => {
          if (this.sourceFailure) throw this.sourceFailure;
          return new SecretValue(Buffer.from(`${path}@${sourceVersionId}`));
        },
      },
      rotators: this.otherSide,
    };
  }

  /** A secret that Postgres knows, with an object in the Swarm. */
  own(
    name = "db_password",
    number = 1,
    over: { secretId?: string; versionId?: string; state?: "current" | "previous" } = {},
  ) {
    const { secretId = "secret-db", versionId = `version-${number}`, state = "current" } = over;
    const objectName = `${name}_v${number}`;
    const object = this.model.addSecret(objectName);
    const version = { versionId, number, objectId: object.id, objectName, createdAt: "", state };
    const known = [...this.store.books.versions.values()].filter((each) => each.secretId === secretId);
    const planned = { record: "adopt", secretId, name, settings: sampleSettings, versions: [version] } as const;
    applyRecord(
      this.store.books,
      { record: "planned", planned: { ...planned, versions: [version] } },
      { id: "", clusterId: "cluster-1" },
      this.model.now,
    );
    for (const each of known) this.store.books.versions.set(each.id, each);
    return object;
  }

  /** A rotation of everything that holds these objects, from the first to the last service in the order of names. */
  rotation(
    fromObjectIds: string[],
    services: string[],
    over: Partial<Plan> = {},
    change: Partial<PlannedChange> = {},
  ): Plan {
    return samplePlan({
      create: [sampleVersion()],
      changes: services.map((name) => sampleChange(`service-${name}`, [toCreated(fromObjectIds)], change)),
      retire: fromObjectIds.slice(0, 1).map((objectId) => sampleRetirement(objectId)),
      ...over,
    });
  }

  async start(plan: Plan, options: { actor?: Operation["actor"]; isValueInRequest?: boolean } = {}): Promise<string> {
    this.#operations += 1;
    const id = `operation-${this.#operations}`;
    const { actor = sampleStarter, isValueInRequest = false } = options;
    await this.store.insert({
      id,
      plan,
      actor,
      isValueInRequest,
      steps: ledgerOf(plan),
      events: [],
      records: reservations(plan),
    });
    return id;
  }

  async takeUp(id: string, options: WorkOptions = {}): Promise<{ work: Work; lease: Lease }> {
    const leased = await this.store.lease(id, "worker");
    if (!leased) throw new Error("nothing to take up");
    return { work: takeUp(leased, this.ports, options), lease: leased.lease };
  }

  /** Works, and lets time pass where there is nothing to do, until the operation ends, needs a person, or `until` holds. */
  async run(
    id: string,
    { until = () => false, seconds = 7200 }: { until?: (operation: Operation) => boolean; seconds?: number } = {},
  ): Promise<Operation> {
    const { work, lease } = await this.takeUp(id);
    const end = this.model.now + seconds * 1000;
    let progress: Progress = { state: "open", waitSeconds: 0 };
    while (progress.state === "open" && !until(work.operation)) {
      if (this.model.now > end) throw new Error(`not over after ${seconds} s: ${whereItStands(work.operation)}`);
      this.model.advance(Math.max(0.05, progress.waitSeconds));
      progress = await work.goOn();
    }
    await this.store.release(lease, progress.state === "open" ? 0 : null);
    return this.find(id);
  }

  /** A worker that dies on the way. Returns how many writes it made, and whether it came to its end alive. */
  async runMortal(id: string, death: Death | null): Promise<{ mortal: Mortal; isAlive: boolean }> {
    const mortal = mortalPorts(this.ports, death);
    const life = this.#live(id, mortal.ports).then(() => true);
    const isAlive = await Promise.race([life, mortal.died.then(() => false)]);
    return { mortal, isAlive };
  }

  async #live(id: string, ports: Ports): Promise<void> {
    const leased = await ports.store.lease(id, "mortal worker");
    if (!leased) throw new Error("nothing to take up");
    const work = takeUp(leased, ports);
    let progress: Progress = { state: "open", waitSeconds: 0 };
    while (progress.state === "open") {
      this.model.advance(Math.max(0.05, progress.waitSeconds));
      progress = await work.goOn();
    }
    await ports.store.release(leased.lease, null);
  }

  async find(id: string): Promise<Operation> {
    const operation = await this.store.find(id);
    if (!operation) throw new Error("no such operation");
    return operation;
  }

  /** The objects that a service's spec names, by target. */
  named(service: string): Record<string, string> {
    const { spec } = this.model.service(`service-${service}`);
    const references = spec.TaskTemplate.ContainerSpec.Secrets ?? [];
    return Object.fromEntries(references.map(({ File, SecretName }) => [File.Name, SecretName]));
  }

  updates(service: string): number {
    const subject = `service-${service}`;
    return this.model.calls.filter(
      (call) => call.name === "updateService" && call.subject === subject && call.isApplied,
    ).length;
  }

  /** When the service was first updated, in seconds since the rehearsal's first second. */
  updatedAt(service: string): number {
    const call = this.model.calls.find(
      ({ name, subject }) => name === "updateService" && subject === `service-${service}`,
    );
    return call ? call.at / 1000 : Number.NaN;
  }

  eventTypes(): string[] {
    return this.store.events.map(({ detail }) => detail.type);
  }
}

function whereItStands({ steps, state, direction }: Operation): string {
  const open = steps.filter((step) => step.state !== "done" && step.state !== "skipped");
  return `${state} ${direction} ${open.map(({ key, state, facts }) => `${key} ${state} ${facts.waitsFor ?? ""}`).join("; ")}`;
}
