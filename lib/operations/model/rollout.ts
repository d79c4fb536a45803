import "server-only";
import { ModelAgent } from "./agent.ts";
import type { ModelSwarm } from "./swarm.ts";
import {
  conditionOf,
  hasEndedTask,
  isJob,
  isWanted,
  namedIn,
  placeOf,
  type Service,
  type Task,
  templateOf,
} from "./tasks.ts";
import { ModelUpdater } from "./updater.ts";

const restartSeconds = 5;
/** Swarm's own default. */
const keptTasks = 5;

type Place = Pick<Task, "slot" | "nodeId">;

/** How tasks come and go in the model: by slots or nodes, begun again when they end, replaced when the service changes. */
export class ModelRollout {
  readonly agent: ModelAgent;
  readonly #updaters = new Map<string, ModelUpdater>();
  readonly #model: ModelSwarm;

  constructor(model: ModelSwarm) {
    this.#model = model;
    this.agent = new ModelAgent(model);
  }

  get fates(): ModelAgent["fates"] {
    return this.agent.fates;
  }

  /** The service is new, or is another than before: its tasks follow. */
  start(service: Service): void {
    if (isJob(service.spec)) {
      this.#runJob(service);
      return;
    }
    const places = this.#places(service);
    const slots = this.#slots(service);
    for (const [key, slot] of slots) {
      if (places.has(key)) continue;
      for (const task of slot) this.agent.stop(task, "remove");
      slots.delete(key);
    }
    if (this.#updaters.get(service.id)?.isFor(service.spec) !== true) {
      const updatable = [...slots.values()]
        .map((slot) => this.#updatable(service, slot))
        .filter(({ length }) => length);
      this.#updaters.set(service.id, new ModelUpdater(this.#model, this, { service, slots: updatable }));
    }
    this.#fill(service);
  }

  /** Everything that is due now. */
  tick(): void {
    const { tasks, services } = this.#model;
    for (const task of [...tasks]) this.agent.tick(task);
    for (const service of services.values()) this.#tend(service);
    for (const [id, updater] of this.#updaters) {
      if (services.get(id) === updater.service && !updater.isOver) updater.tick();
      else this.#updaters.delete(id);
    }
    for (const task of tasks) if (task.desired === "ready" && task.waitsFor !== null) this.#startWhenFree(task);
    this.#forget();
  }

  /** When the next thing happens by itself; null where nothing will. */
  nextAt(): number | null {
    let next = Number.POSITIVE_INFINITY;
    for (const task of this.#model.tasks) {
      if (task.dueAt === null || hasEndedTask(task) || this.agent.isOnDownNode(task)) continue;
      next = Math.min(next, task.dueAt);
    }
    for (const updater of this.#updaters.values()) next = Math.min(next, updater.nextAt() ?? next);
    return next === Number.POSITIVE_INFINITY ? null : next;
  }

  make(service: Service, { slot, nodeId }: Place, when: { waitsFor?: string | null; at?: number } = {}): Task {
    const task: Task = {
      id: this.#model.nextId("task"),
      serviceId: service.id,
      slot,
      nodeId: slot === 0 ? nodeId : this.#nodeFor(slot),
      createdAt: this.#model.now,
      changedAt: this.#model.now,
      spec: service.spec.TaskTemplate,
      template: templateOf(service.spec),
      secretIds: namedIn(service.spec),
      desired: "ready",
      state: "preparing",
      waitsFor: when.waitsFor ?? null,
      dueAt: when.at ?? null,
      exitCode: null,
      error: null,
    };
    if (task.nodeId === "") task.state = "pending";
    this.#model.tasks.push(task);
    if (task.waitsFor !== null) this.#startWhenFree(task);
    else if (when.at === undefined) this.agent.start(task);
    return task;
  }

  /** What happens without anybody's update: nodes go and come, tasks end and are begun again. */
  #tend(service: Service): void {
    const { spec } = service;
    for (const task of this.#model.tasksOf(service.id)) {
      if (task.state === "pending" && task.desired !== "remove") this.#place(task);
      const isGoing = task.desired === "shutdown" || task.desired === "remove";
      if (this.agent.isOnDownNode(task)) {
        if (!isGoing && !hasEndedTask(task)) this.#replaceElsewhere(service, task);
      }
      if (hasEndedTask(task) && !isGoing) this.#afterEnd(service, task);
    }
    if (spec.Mode.Global) this.#fill(service);
  }

  #replaceElsewhere(service: Service, task: Task): void {
    this.agent.stop(task, "shutdown");
    if (task.slot !== 0) this.make(service, task);
  }

  /** Restart policy: what ended is begun again after a while, or stays as it is. */
  #afterEnd(service: Service, task: Task): void {
    if (isJob(service.spec)) {
      if (task.state !== "complete" && this.#isBegunAgain(service, task)) this.#beginAgain(service, task);
      return;
    }
    task.desired = "shutdown";
    if (this.#isBegunAgain(service, task)) this.#beginAgain(service, task);
  }

  #beginAgain(service: Service, task: Task): void {
    task.desired = "shutdown";
    const delay = service.spec.TaskTemplate.RestartPolicy?.Delay ?? restartSeconds * 1e9;
    this.make(service, task, { at: this.#model.now + delay / 1e6 });
  }

  #isBegunAgain({ spec }: Service, { state, exitCode }: Task): boolean {
    const condition = conditionOf(spec);
    if (condition === "any") return true;
    return condition === "on-failure" && (state === "failed" || state === "rejected" || exitCode !== 0);
  }

  #startWhenFree(task: Task): void {
    const before = this.#model.findTask(task.waitsFor ?? "");
    if (before && !hasEndedTask(before) && !this.agent.isOnDownNode(before)) return;
    task.waitsFor = null;
    this.agent.start(task);
  }

  /** Each place without a task that is wanted, and without one that has ended for good, gets one. */
  #fill(service: Service): void {
    const slots = this.#slots(service);
    for (const [key, place] of this.#places(service)) {
      const slot = slots.get(key) ?? [];
      if (this.#updatable(service, slot).length === 0) this.make(service, place);
    }
  }

  /** What an update replaces: the tasks that are wanted, or the last one that ended for good. */
  #updatable(service: Service, slot: Task[]): Task[] {
    const wanted = slot.filter(isWanted);
    if (wanted.length > 0 || service.update?.state === "rollback_started") return wanted;
    const newest = slot.filter(({ desired }) => desired !== "remove").at(-1);
    const isForGood = newest && hasEndedTask(newest) && !this.#isBegunAgain(service, newest);
    return isForGood ? [newest] : [];
  }

  /** A job runs again whenever it is updated; what is left of the run before goes. */
  #runJob(service: Service): void {
    for (const task of this.#model.tasksOf(service.id)) this.agent.stop(task, "remove");
    for (const place of this.#places(service).values()) this.make(service, place);
  }

  #places({ spec: { Mode } }: Service): Map<string, Place> {
    if (Mode.Global || Mode.GlobalJob) {
      const nodes = this.#model.nodes.filter(
        ({ state, availability }) => state === "ready" && availability === "active",
      );
      return new Map(nodes.map(({ id }) => [id, { slot: 0, nodeId: id }]));
    }
    const wanted = Mode.Replicated?.Replicas ?? Mode.ReplicatedJob?.TotalCompletions ?? 1;
    return new Map(Array.from({ length: wanted }, (_, index) => [String(index + 1), { slot: index + 1, nodeId: "" }]));
  }

  #slots(service: Service): Map<string, Task[]> {
    return Map.groupBy(this.#model.tasksOf(service.id), placeOf);
  }

  #nodeFor(slot: number): string {
    const ready = this.#model.nodes.filter(({ state, availability }) => state === "ready" && availability === "active");
    return ready[(slot - 1) % ready.length]?.id ?? "";
  }

  #place(task: Task): void {
    task.nodeId = this.#nodeFor(task.slot);
    if (task.nodeId === "") return;
    task.state = "preparing";
    if (task.desired !== "ready") this.agent.start(task);
  }

  /** What was to be removed is gone once it has ended; of the others a place keeps the last few. */
  #forget(): void {
    const { tasks } = this.#model;
    const kept = new Map<string, number>();
    const gone = new Set<Task>();
    for (const task of tasks.toReversed()) {
      if (!hasEndedTask(task)) continue;
      const key = `${task.serviceId} ${placeOf(task)}`;
      const count = (kept.get(key) ?? 0) + 1;
      kept.set(key, count);
      if (task.desired === "remove" || count > keptTasks) gone.add(task);
    }
    if (gone.size > 0) tasks.splice(0, tasks.length, ...tasks.filter((task) => !gone.has(task)));
  }
}
