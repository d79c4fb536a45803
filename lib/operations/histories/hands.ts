import "server-only";
import type { ModelSwarm } from "../model/swarm.ts";
import type { Reference, Service, Spec } from "../model/tasks.ts";
import type { Hand } from "./history-schema.ts";
import { anotherHand, idsIn, referencesOf, type Sight } from "./sight.ts";

/** What other people do with a Swarm, without asking Skep. */
export class OtherHands {
  readonly #model: ModelSwarm;
  readonly #sight: Sight;
  /** The stack files, by service: with the names of objects, as people write them. */
  readonly #files = new Map<string, Spec>();

  constructor(model: ModelSwarm, sight: Sight) {
    this.#model = model;
    this.#sight = sight;
  }

  /** The service's stack was deployed as it is now. */
  fileAsDeployed(service: Service): void {
    this.#files.set(service.id, service.spec);
    this.#sight.deployed.set(
      service.id,
      referencesOf(service.spec).map(({ SecretName }) => SecretName),
    );
  }

  /** What a service has by another hand is none of Skep's doing. */
  do(given: Hand): void {
    const before = new Map([...this.#model.services.values()].map(({ id, spec }) => [id, new Set(idsIn(spec))]));
    this.#act(given);
    for (const { id, spec } of this.#model.services.values()) {
      for (const objectId of idsIn(spec)) {
        if (!before.get(id)?.has(objectId)) this.#sight.handGave.set(`${id} ${objectId}`, this.#model.now);
      }
    }
  }

  #act(given: Hand): void {
    if (given.hand === "newcomer") this.#newcomer(given.secret);
    else if (given.hand === "take-name") this.#takeName(given.secret);
    else {
      const services = [...this.#model.services.values()];
      const service = services[given.service % Math.max(1, services.length)];
      if (service) this.#doTo(service, given);
    }
  }

  #doTo(service: Service, given: Exclude<Hand, { secret: number }>): void {
    if (given.hand === "scale") this.#scale(service, given.to);
    else if (given.hand === "deploy") this.#deploy(service);
    else if (given.hand === "roll-back") this.#rollBack(service);
    else if (given.hand === "remove") this.#remove(service);
    else if (given.hand === "label")
      this.#edit(service, ({ Labels }) => Object.assign(Labels, { at: `${this.#model.now}` }), { isFiled: false });
    else this.#change(service, given.hand === "break");
  }

  #scale(service: Service, Replicas: number): void {
    if (!service.spec.Mode.Replicated) return;
    // To what it is already: the very same spec, as a deploy that changes nothing sends it.
    if (service.spec.Mode.Replicated.Replicas === Replicas) this.#touched(service);
    this.#model.edit(service.id, (spec) => Object.assign(spec, { Mode: { Replicated: { Replicas } } }));
    this.#sight.lastHand.set(service.id, { by: anotherHand, at: this.#model.now });
  }

  /** A new image: a good one, or one that fails at once. */
  #change(service: Service, isBroken: boolean): void {
    this.#edit(
      service,
      ({ TaskTemplate: { ContainerSpec } }) => {
        const { broken: _, ...labels } = ContainerSpec.Labels ?? {};
        const life = { "skep.life": JSON.stringify({ endsAfterSeconds: 1, exitCode: 1 }) };
        Object.assign(ContainerSpec, {
          Env: [`AT=${this.#model.now}`],
          Labels: isBroken ? life : Object.fromEntries(Object.entries(labels).filter(([key]) => key !== "skep.life")),
        });
      },
      { isFiled: true },
    );
  }

  /** By the file of its stack, or by hand alone: the file then says something else. */
  #edit(service: Service, change: (spec: Spec) => unknown, { isFiled }: { isFiled: boolean }): void {
    this.#model.edit(service.id, change);
    this.#touched(service);
    if (isFiled && this.#files.has(service.id)) this.fileAsDeployed(this.#model.service(service.id));
  }

  #touched({ id }: Service): void {
    this.#sight.lastHand.set(id, { by: anotherHand, at: this.#model.now });
    this.#sight.touchedAt.set(id, this.#model.now);
  }

  /** As `stack deploy` does it, service by service, by the names in the file; a name that is gone stops it half-way. */
  #deploy(service: Service): void {
    if (!this.#files.has(service.id)) return;
    const byName = new Map([...this.#model.secrets.values()].map(({ id, name }) => [name, id]));
    for (const [serviceId, file] of this.#files) {
      const wanted = referencesOf(file).map((reference): Reference | null => {
        const SecretID = byName.get(reference.SecretName);
        return SecretID === undefined ? null : { ...reference, SecretID };
      });
      if (wanted.some((reference) => reference === null)) return;
      this.#model.edit(serviceId, (spec) => {
        Object.assign(spec, structuredClone(file), { Mode: spec.Mode });
        Object.assign(spec.TaskTemplate.ContainerSpec, { Secrets: wanted });
      });
      this.#touched(this.#model.service(serviceId));
    }
  }

  #rollBack(service: Service): void {
    if (!service.previousSpec || !idsIn(service.previousSpec).every((id) => this.#model.secrets.has(id))) return;
    this.#model.rollBackByHand(service.id);
    this.#touched(service);
  }

  #remove(service: Service): void {
    this.#model.removeService(service.id);
    this.#files.delete(service.id);
    this.#sight.deployed.delete(service.id);
    this.#touched(service);
  }

  /** Somebody creates a service with an object that Skep has. */
  #newcomer(secret: number): void {
    const objects = [...this.#model.secrets.values()];
    const object = objects[secret % Math.max(1, objects.length)];
    if (!object) return;
    const id = this.#model.nextId("newcomer");
    const service = this.#model.createService(
      {
        Name: id,
        Labels: {},
        TaskTemplate: {
          ContainerSpec: {
            Image: "skep-sample:1",
            Secrets: [
              { File: { Name: "late", UID: "0", GID: "0", Mode: 0o444 }, SecretID: object.id, SecretName: object.name },
            ],
          },
          ForceUpdate: 0,
        },
        Mode: { Replicated: { Replicas: 1 } },
      },
      `service-${id}`,
    );
    this.#touched(service);
  }

  /** Somebody makes an object of the name that would come next. */
  #takeName(secret: number): void {
    const objects = [...this.#model.secrets.values()].filter(({ name }) => /_v\d+$/.test(name));
    const object = objects[secret % Math.max(1, objects.length)];
    if (!object) return;
    const number = Number(/\d+$/.exec(object.name)?.[0] ?? 0) + 1;
    const name = object.name.replace(/\d+$/, String(number)).toUpperCase();
    const isTaken = objects.some((each) => each.name.toLowerCase() === name.toLowerCase());
    if (!isTaken) this.#model.addSecret(name);
  }
}
