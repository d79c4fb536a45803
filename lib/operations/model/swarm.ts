import "server-only";
import { AppError } from "#lib/errors.ts";
import type { SwarmGateway } from "#lib/swarm/gateway.ts";
import type { NodeObject } from "#lib/swarm/schema.ts";
import { gatewayOf } from "./gateway.ts";
import { ModelRollout } from "./rollout.ts";
import { isJob, type Secret, type Service, type Spec, type Task, type Update } from "./tasks.ts";

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
  #moment = 0;
  #count = 0;

  /** Virtual time: from one thing that happens to the next. */
  advance(seconds: number): void {
    const end = this.now + seconds * 1000;
    for (let ticks = 0; ; ticks += 1) {
      if (ticks > mostTicks) throw new Error("the model's time stands still");
      this.rollout.tick();
      const next = this.rollout.nextAt();
      if (next === null || next > end) break;
      this.now = Math.max(this.now, next);
    }
    this.now = end;
  }

  /** The time, as Docker tells it: no two updates begin at the very same one. */
  moment(): number {
    this.#moment = Math.max(this.now, this.#moment + 1);
    return this.#moment;
  }

  nextIndex(): number {
    this.#index += 1;
    return this.#index;
  }

  nextId(kind: string): string {
    this.#count += 1;
    return `${kind}-${this.#count}`;
  }

  addSecret(
    name: string,
    labels: Record<string, string> = {},
    value = "old",
    templating: string | null = null,
  ): Secret {
    const id = this.nextId("object");
    const secret = { id, name, labels, templating, index: this.nextIndex(), value, createdAt: this.now };
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
      SecretID: id,
      SecretName: secretName,
    }));
    const ContainerSpec = { Image: "skep-sample:1", ...(Secrets.length > 0 ? { Secrets } : {}) };
    const spec: Spec = {
      Name: name,
      Labels: {},
      TaskTemplate: { ContainerSpec, ForceUpdate: 0 },
      Mode: { Replicated: { Replicas: 2 } },
      ...rest,
    };
    const service = this.createService(spec, `service-${name}`);
    this.advance(3);
    return service;
  }

  /** A service as it is the moment Docker has taken it: its tasks have yet to come. */
  createService(spec: Spec, id = this.nextId("service")): Service {
    const service: Service = {
      id,
      spec,
      previousSpec: null,
      index: this.nextIndex(),
      createdAt: this.now,
      updatedAt: this.now,
      update: null,
      iteration: 0,
    };
    this.services.set(service.id, service);
    this.rollout.start(service);
    return service;
  }

  /** Another hand's update: `docker service update`, a deploy. */
  edit(serviceId: string, change: (spec: Spec) => unknown): void {
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
    const message = "manually requested rollback";
    this.apply(service, previousSpec, {
      state: "rollback_started",
      startedAt: this.moment(),
      completedAt: null,
      message,
    });
    service.previousSpec = spec;
  }

  apply(service: Service, spec: Spec, update: Update | null = null): void {
    service.previousSpec = service.spec;
    service.spec = spec;
    service.update = update;
    service.index = this.nextIndex();
    service.updatedAt = this.now;
    this.rollout.start(service);
  }

  removeService(id: string): void {
    this.services.delete(id);
    for (const task of this.tasksOf(id)) this.rollout.agent.stop(task, "remove");
  }

  /** A node goes or comes back; then it learns what it should have stopped meanwhile. */
  setNode(id: string, state: NodeObject["state"]): void {
    const node = this.nodes.find((each) => each.id === id);
    if (node) node.state = state;
    for (const task of this.tasks) {
      const { desired } = task;
      if (task.nodeId === id && (desired === "shutdown" || desired === "remove"))
        this.rollout.agent.stop(task, desired);
    }
    this.rollout.tick();
  }

  service(id: string): Service {
    const service = this.services.get(id);
    if (!service) throw new AppError("not-found", "There is no such service.");
    return service;
  }

  tasksOf(serviceId: string): Task[] {
    return this.tasks.filter((task) => task.serviceId === serviceId);
  }

  findTask(id: string): Task | undefined {
    return this.tasks.find((task) => task.id === id);
  }

  /** A job's tasks are wanted until they have ended well. */
  isJobTask({ serviceId }: Task): boolean {
    const service = this.services.get(serviceId);
    return service !== undefined && isJob(service.spec);
  }

  gateway(): SwarmGateway {
    return gatewayOf(this);
  }
}

/** What happens at one moment leads on to what happens later: more than this in one go is a defect of the model. */
const mostTicks = 200_000;

function aNode(id: string, role: "manager" | "worker"): NodeObject {
  const isLeader = role === "manager";
  return { id, hostname: id, role, state: "ready", availability: "active", isLeader, isReachable: true };
}
