import "server-only";
import type { ModelSwarm } from "./swarm.ts";
import { endOf, lifeIn } from "./task-life.ts";
import { type Fate, hasEndedTask, type Task, usualFate } from "./tasks.ts";

/** What a node does with its tasks: it starts them, looks how they fare, and stops them. */
export class ModelAgent {
  /** How tasks with an object fare; the last one that matches counts. */
  readonly fates: { secretId?: string; serviceId?: string; fate: Partial<Fate> }[] = [];
  readonly #model: ModelSwarm;

  constructor(model: ModelSwarm) {
    this.#model = model;
  }

  /** The task may run from now on. */
  start(task: Task): void {
    task.desired = this.#model.isJobTask(task) ? "complete" : "running";
    if (task.nodeId === "") return;
    task.state = hasHealthCheck(task) ? "starting" : "preparing";
    task.dueAt = this.#model.now + this.#secondsToStart(task) * 1000;
  }

  /** What has ended stays as it is; what a node that is down has, it keeps. */
  stop(task: Task, desired: "shutdown" | "remove"): void {
    task.desired = desired;
    if (hasEndedTask(task)) return;
    task.dueAt = this.isOnDownNode(task) ? null : this.#model.now + this.#fateOf(task).stopSeconds * 1000;
  }

  isOnDownNode({ nodeId }: Task): boolean {
    return nodeId !== "" && this.#model.nodes.find(({ id }) => id === nodeId)?.state !== "ready";
  }

  /** A task's next step, when its time has come. */
  tick(task: Task): void {
    const { now } = this.#model;
    if (hasEndedTask(task) || task.dueAt === null || now < task.dueAt || this.isOnDownNode(task)) return;
    if (task.desired === "shutdown" || task.desired === "remove") this.#end(task, "shutdown", 0, null);
    else if (task.desired === "ready") this.start(task);
    else if (task.state === "running") this.#endByItself(task);
    else this.#run(task);
  }

  #run(task: Task): void {
    const missing = task.secretIds.find((id) => !this.#model.secrets.has(id));
    if (missing !== undefined) {
      const words = `unable to get secret from secret store: secret ${missing} not found`;
      this.#end(task, "failed", null, `starting container failed: ${words}`);
      return;
    }
    Object.assign(task, { state: "running", changedAt: this.#model.now });
    const end = this.#endOf(task);
    task.dueAt = end === null ? null : this.#model.now + end.seconds * 1000;
    if (end?.seconds === 0) this.#endByItself(task);
  }

  #endByItself(task: Task): void {
    const end = this.#endOf(task);
    if (end === null) {
      task.dueAt = null;
      return;
    }
    const hasFailed = end.exitCode !== 0;
    const error = this.#fateOf(task).error || `task: non-zero exit (${end.exitCode})`;
    this.#end(task, hasFailed ? "failed" : "complete", end.exitCode, hasFailed ? error : null);
  }

  #end(task: Task, state: Task["state"], exitCode: number | null, error: string | null): void {
    Object.assign(task, { state, exitCode, error, dueAt: this.#model.now, changedAt: this.#model.now });
  }

  #endOf(task: Task): { seconds: number; exitCode: number } | null {
    const { failsAfterSeconds, completesAfterSeconds } = this.#fateOf(task);
    if (failsAfterSeconds !== null) return { seconds: failsAfterSeconds, exitCode: 1 };
    if (completesAfterSeconds !== null) return { seconds: completesAfterSeconds, exitCode: 0 };
    const life = lifeIn(task.spec.ContainerSpec);
    return life && endOf(life, (target) => this.#valueAt(task, target));
  }

  #valueAt({ spec }: Task, target: string): string | null {
    const reference = spec.ContainerSpec.Secrets?.find(({ File }) => File.Name === target);
    return (reference && this.#model.secrets.get(reference.SecretID)?.value) ?? null;
  }

  #secondsToStart(task: Task): number {
    const healthy = lifeIn(task.spec.ContainerSpec)?.healthyAfterSeconds ?? 0;
    return Math.max(this.#fateOf(task).startSeconds, healthy);
  }

  #fateOf({ secretIds, serviceId }: Task): Fate {
    const matching = this.fates.filter(
      (each) =>
        (!each.secretId || secretIds.includes(each.secretId)) && (!each.serviceId || each.serviceId === serviceId),
    );
    return Object.assign({}, usualFate, ...matching.map(({ fate }) => fate)) as Fate;
  }
}

function hasHealthCheck({ spec }: Task): boolean {
  return spec.ContainerSpec.Healthcheck !== undefined;
}
