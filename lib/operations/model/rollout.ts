import "server-only";
import type { ModelSwarm } from "./swarm.ts";
import { type Fate, hasEndedTask, isJob, type Service, type Task, templateOf, usualFate, wantedOf } from "./tasks.ts";

const stopSeconds = 0.5;
const restartSeconds = 5;

/** How tasks come and go in the model: by slots, in batches, paused, rolled back or carried on when new ones fail. */
export class ModelRollout {
  /** How tasks with an object fare; the last one that matches counts. */
  readonly fates: { secretId?: string; serviceId?: string; fate: Partial<Fate> }[] = [];
  readonly #model: ModelSwarm;

  constructor(model: ModelSwarm) {
    this.#model = model;
  }

  start(service: Service, { isFirst, isSameTemplate = false }: { isFirst: boolean; isSameTemplate?: boolean }): void {
    service.settledAt = null;
    if (isJob(service.spec)) {
      for (const slot of this.#slots(service)) this.#make(service, slot);
      return;
    }
    const isRunAgain = !isFirst && this.#runsToEnd(service);
    if (isRunAgain) for (const task of this.#living(service)) this.#stop(task);
    const isDirty = this.#slotsToDo(service).length > 0 || isRunAgain;
    service.isRolling = !isFirst && isDirty && !(isSameTemplate && !isDirty);
    if (service.isRolling) this.#say(service, "updating", "update in progress");
    if (isFirst || isRunAgain) for (const slot of this.#slots(service)) this.#make(service, slot);
  }

  tick(): void {
    for (const task of this.#model.tasks) this.#tickTask(task);
    for (const service of this.#model.services.values()) this.#tickService(service);
  }

  /** Nothing is about to happen by itself. */
  isStill(): boolean {
    if (this.#model.tasks.some((task) => task.dueAt !== null && !hasEndedTask(task))) return false;
    return [...this.#model.services.values()].every((service) => {
      if (service.isRolling && !service.update?.state.endsWith("paused")) return false;
      if (isJob(service.spec) || this.#runsToEnd(service)) return true;
      return this.#living(service).filter((task) => !this.#isOnDownNode(task)).length === this.#slots(service).length;
    });
  }

  #tickTask(task: Task): void {
    const { now } = this.#model;
    if (hasEndedTask(task) || task.dueAt === null || now < task.dueAt) return;
    const fate = this.#fateOf(task);
    if (task.desired === "shutdown") this.#end(task, "shutdown", 0, null);
    else if (task.state === "preparing") {
      Object.assign(task, { state: "running", changedAt: now });
      const next = fate.failsAfterSeconds ?? fate.completesAfterSeconds;
      task.dueAt = next === null ? null : now + next * 1000;
      if (next === 0) this.#tickTask(task);
    } else if (task.state === "running") {
      const hasFailed = fate.failsAfterSeconds !== null;
      this.#end(task, hasFailed ? "failed" : "complete", hasFailed ? 1 : 0, hasFailed ? fate.error : null);
      // Docker says "paused due to failure" of those that ended well, too.
      this.#onFailure(task);
    }
  }

  #tickService(service: Service): void {
    const { now } = this.#model;
    if (isJob(service.spec)) return;
    const isPaused = service.update?.state === "paused" || service.update?.state === "rollback_paused";
    this.#restart(service);
    if (!service.isRolling || isPaused) return;
    const { Parallelism = 1, Monitor = 5e9 } = service.spec.UpdateConfig ?? {};
    const slots = this.#slotsToDo(service);
    const changing = this.#slots(service).filter((slot) => !slots.includes(slot) && this.#isChanging(service, slot));
    const bound = Parallelism === 0 ? Number.POSITIVE_INFINITY : Parallelism;
    for (const slot of slots.slice(0, Math.max(0, bound - changing.length))) this.#replace(service, slot);
    const isSettled = slots.length === 0 && changing.length === 0;
    service.settledAt = isSettled ? (service.settledAt ?? now) : null;
    if (service.settledAt !== null && now - service.settledAt >= Monitor / 1e6) {
      const isBack = service.update?.state === "rollback_started";
      this.#say(service, isBack ? "rollback_completed" : "completed", "update completed");
      service.isRolling = false;
    }
  }

  #runsToEnd({ spec }: Service): boolean {
    return (spec.TaskTemplate.RestartPolicy?.Condition ?? "any") !== "any";
  }

  /** Restart policy: what ended is begun again, and a scaled service gets what it wants. */
  #restart(service: Service): void {
    const slots = this.#slots(service);
    for (const task of this.#living(service))
      if (!slots.includes(task.slot) && task.desired === "running") this.#stop(task);
    if (this.#runsToEnd(service)) return;
    for (const slot of slots) {
      const tasks = this.#model.tasksOf(service.id).filter((task) => task.slot === slot);
      if (tasks.some((task) => !hasEndedTask(task) && !this.#isOnDownNode(task))) continue;
      const last = tasks.at(-1);
      const isDue = !last?.dueAt || this.#model.now >= last.dueAt + restartSeconds * 1000 || !hasEndedTask(last);
      if (isDue) this.#make(service, slot);
    }
  }

  #onFailure(task: Task): void {
    const service = this.#model.services.get(task.serviceId);
    if (!service?.isRolling || task.template !== templateOf(service.spec)) return;
    const action = service.spec.UpdateConfig?.FailureAction ?? "pause";
    if (action === "continue") return;
    const message = `due to failure or early termination of task ${task.id}`;
    if (action === "pause" || service.update?.state === "rollback_started") {
      const isBack = service.update?.state === "rollback_started";
      this.#say(service, isBack ? "rollback_paused" : "paused", `update paused ${message}`);
      return;
    }
    if (!service.previousSpec) return;
    service.spec = service.previousSpec;
    service.previousSpec = null;
    this.#say(service, "rollback_started", `update rolled back ${message}`);
  }

  #say(service: Service, state: string, message: string): void {
    const isEnd = state.endsWith("completed");
    const startedAt = service.update?.startedAt ?? this.#model.now;
    service.update = { state, startedAt, completedAt: isEnd ? this.#model.now : null, message };
    service.index = this.#model.nextIndex();
  }

  #slots({ spec }: Service): number[] {
    const nodes = this.#model.nodes.filter(({ state }) => state === "ready").length;
    return Array.from({ length: wantedOf(spec, nodes) }, (_, index) => index + 1);
  }

  #slotsToDo(service: Service): number[] {
    const template = templateOf(service.spec);
    return this.#slots(service).filter((slot) =>
      this.#living(service).some(
        (task) => task.slot === slot && task.template !== template && task.desired === "running",
      ),
    );
  }

  #isChanging(service: Service, slot: number): boolean {
    const tasks = this.#model.tasksOf(service.id).filter((task) => task.slot === slot);
    return !tasks.some((task) => task.state === "running" && task.desired === "running");
  }

  #living(service: Service): Task[] {
    return this.#model.tasksOf(service.id).filter((task) => !hasEndedTask(task));
  }

  #replace(service: Service, slot: number): void {
    for (const task of this.#living(service)) if (task.slot === slot) this.#stop(task);
    this.#make(service, slot);
  }

  #stop(task: Task): void {
    task.desired = "shutdown";
    task.dueAt = this.#isOnDownNode(task) ? null : this.#model.now + stopSeconds * 1000;
  }

  #isOnDownNode({ nodeId }: Task): boolean {
    return this.#model.nodes.find(({ id }) => id === nodeId)?.state === "down";
  }

  #make(service: Service, slot: number): void {
    const ready = this.#model.nodes.filter(({ state }) => state === "ready");
    const node = ready[(slot - 1) % ready.length];
    const task: Task = {
      id: this.#model.nextId("task"),
      serviceId: service.id,
      slot,
      nodeId: node?.id ?? "",
      createdAt: this.#model.now,
      changedAt: this.#model.now,
      template: templateOf(service.spec),
      desired: "running",
      state: "preparing",
      secretIds: (service.spec.TaskTemplate.ContainerSpec.Secrets ?? []).map(({ SecretID }) => SecretID),
      dueAt: null,
      exitCode: null,
      error: null,
    };
    task.dueAt = this.#model.now + (this.#fateOf(task).startSeconds + stopSeconds) * 1000;
    this.#model.tasks.push(task);
  }

  #end(task: Task, state: Task["state"], exitCode: number, error: string | null): void {
    Object.assign(task, { state, exitCode, error, dueAt: this.#model.now, changedAt: this.#model.now });
    if (state !== "shutdown") task.desired = state === "complete" ? "complete" : "shutdown";
  }

  #fateOf({ secretIds, serviceId }: Task): Fate {
    const matching = this.fates.filter(
      (each) =>
        (!each.secretId || secretIds.includes(each.secretId)) && (!each.serviceId || each.serviceId === serviceId),
    );
    return Object.assign({}, usualFate, ...matching.map(({ fate }) => fate)) as Fate;
  }
}
