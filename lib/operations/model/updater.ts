import "server-only";
import { isDeepStrictEqual } from "node:util";
import type { ModelRollout } from "./rollout.ts";
import type { ModelSwarm } from "./swarm.ts";
import { hasEndedTask, isWanted, type Service, type Spec, type Task, templateOf, type UpdateConfig } from "./tasks.ts";

type Slot = readonly Task[];
/** One of the hands that replace tasks: it waits for a new task to come up, then for the delay. */
type Hand = { slot: Slot; taskId: string; isStartFirst: boolean; until: number | null };

/**
 * One rollout, as Swarm's own updater does it: hands take the slots in turn, each new task has to come up, and one that
 * fails while it is new stops the whole. When all are through it goes on looking for a while, and calls that "completed".
 */
export class ModelUpdater {
  readonly service: Service;
  readonly #spec: Spec;
  readonly #config: UpdateConfig;
  readonly #queue: Slot[];
  readonly #dirty: number;
  readonly #hands: Hand[] = [];
  /** The tasks that this rollout made, and when each began to run. */
  readonly #begun = new Map<string, number | null>();
  readonly #failed = new Set<string>();
  #monitorsUntil: number | null = null;
  isOver = false;
  #isStopped = false;
  readonly #model: ModelSwarm;
  readonly #rollout: ModelRollout;

  constructor(model: ModelSwarm, rollout: ModelRollout, { service, slots }: { service: Service; slots: Slot[] }) {
    this.#model = model;
    this.#rollout = rollout;
    this.service = service;
    this.#spec = service.spec;
    const isBack = service.update?.state === "rollback_started";
    this.#config = (isBack ? service.spec.RollbackConfig : service.spec.UpdateConfig) ?? {};
    this.#queue = slots.filter((slot) => slot.length > 1 || slot.some((task) => this.#isDirty(task)));
    this.#dirty = this.#queue.length;
    this.#begin();
  }

  /** Works towards this very spec already: then nothing is begun anew. */
  isFor(spec: Spec): boolean {
    return !this.isOver && (spec === this.#spec || isDeepStrictEqual(spec, this.#spec));
  }

  nextAt(): number | null {
    const times = this.#hands.flatMap(({ until }) => until ?? []);
    if (this.#monitorsUntil !== null) times.push(this.#monitorsUntil);
    return times.length === 0 ? null : Math.min(...times);
  }

  tick(): void {
    if (this.isOver || (!this.#isStopped && this.#meetsFailure())) return;
    const { now } = this.#model;
    for (const hand of [...this.#hands]) this.#look(hand);
    if (this.#isStopped) {
      this.isOver = this.#hands.length === 0;
      return;
    }
    const most = this.#config.Parallelism === 0 ? this.#dirty : (this.#config.Parallelism ?? 1);
    while (this.#queue.length > 0 && this.#hands.length < most) this.#take(this.#queue.shift() ?? []);
    if (this.#queue.length + this.#hands.length > 0) return;
    this.#monitorsUntil ??= now + this.#monitor();
    if (now >= this.#monitorsUntil) this.#complete();
  }

  #begin(): void {
    const { update } = this.service;
    if (update?.state.endsWith("paused")) this.isOver = true;
    else if (this.#dirty === 0) {
      if (update?.state === "updating" || update?.state === "rollback_started") this.#complete();
      this.isOver = true;
    } else if (update === null) this.#say("updating", "update in progress");
  }

  #isDirty(task: Task): boolean {
    return task.template !== templateOf(this.#spec);
  }

  #monitor(): number {
    return (this.#config.Monitor ?? 5e9) / 1e6;
  }

  /** A slot gets a new task, or keeps the good one that it has. */
  #take(slot: Slot): void {
    const wanted = slot.filter(isWanted);
    const good = wanted.filter((task) => !this.#isDirty(task));
    const kept = good.find(({ desired }) => desired === "running") ?? good[0];
    const others = wanted.filter((task) => task !== kept);
    if (kept) {
      for (const task of others) this.#rollout.agent.stop(task, "shutdown");
      if (kept.desired === "ready") this.#rollout.agent.start(kept);
      this.#hands.push({ slot, taskId: kept.id, isStartFirst: false, until: this.#afterDelay() });
      return;
    }
    const isStartFirst = this.#config.Order === "start-first";
    const [old = slot[0]] = wanted;
    if (!isStartFirst) for (const task of wanted) this.#rollout.agent.stop(task, "shutdown");
    const waitsFor = isStartFirst ? null : (old?.id ?? null);
    const made = this.#rollout.make(
      this.service,
      { slot: slot[0]?.slot ?? 0, nodeId: slot[0]?.nodeId ?? "" },
      { waitsFor },
    );
    this.#begun.set(made.id, null);
    this.#hands.push({ slot, taskId: made.id, isStartFirst, until: null });
  }

  /** A hand is free again once its task is up, or has failed, and the delay is over. */
  #look(hand: Hand): void {
    const { now } = this.#model;
    const task = this.#model.findTask(hand.taskId);
    const isUp = !task || task.state === "running" || hasEndedTask(task);
    if (hand.until === null && isUp) {
      if (task?.state === "running") {
        this.#begun.set(task.id, now);
        if (hand.isStartFirst)
          for (const old of hand.slot) if (isWanted(old)) this.#rollout.agent.stop(old, "shutdown");
      }
      hand.until = this.#afterDelay();
    }
    if (hand.until !== null && now >= hand.until) this.#hands.splice(this.#hands.indexOf(hand), 1);
  }

  #afterDelay(): number {
    return this.#model.now + (this.#config.Delay ?? 0) / 1e6;
  }

  #meetsFailure(): boolean {
    const { FailureAction = "pause", MaxFailureRatio = 0 } = this.#config;
    if (FailureAction === "continue") return false;
    for (const [id, since] of this.#begun) {
      const task = this.#model.findTask(id);
      if (!task || !hasEndedTask(task) || this.#failed.has(id)) continue;
      if (since !== null && task.changedAt - since > this.#monitor()) continue;
      this.#failed.add(id);
      if (this.#failed.size / this.#dirty <= MaxFailureRatio) continue;
      this.#stop(FailureAction, task);
      return true;
    }
    return false;
  }

  /** The hands that have a task in work come to an end with it; until then this counts as under way. */
  #stop(action: "pause" | "rollback", { id }: Task): void {
    this.#isStopped = true;
    const { service } = this;
    if (service.update === null) return;
    const because = `due to failure or early termination of task ${id}`;
    const isBack = service.update.state === "rollback_started";
    if (action === "pause" || isBack) {
      const what = action === "pause" ? "update" : "rollback";
      this.#say(isBack ? "rollback_paused" : "paused", `${what} paused ${because}`);
      return;
    }
    if (!service.previousSpec) return;
    service.spec = service.previousSpec;
    service.previousSpec = null;
    this.#say("rollback_started", `update rolled back ${because}`);
    this.#rollout.start(service);
  }

  #complete(): void {
    this.isOver = true;
    const { update } = this.service;
    if (update === null) return;
    if (update.state === "rollback_started") this.#say("rollback_completed", "rollback completed");
    else this.#say("completed", "update completed");
  }

  #say(state: string, message: string): void {
    const { service } = this;
    const isEnd = state.endsWith("completed");
    const startedAt = service.update?.startedAt ?? this.#model.moment();
    service.update = { state, startedAt, completedAt: isEnd ? this.#model.now : null, message };
    service.index = this.#model.nextIndex();
    service.updatedAt = this.#model.now;
  }
}
