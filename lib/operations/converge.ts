import "server-only";
import type { ReferenceChange, ServiceKind, ServiceObject, TaskObject, TaskState } from "#lib/swarm/schema.ts";
import { isAtWork, isRolledBack } from "#lib/swarm/standing.ts";
import { hasEffect, isOwnUpdateLast, wasUpdatedSince } from "./effect.ts";

export type Sight = {
  service: ServiceObject | undefined;
  tasks: readonly TaskObject[];
  /** What was done to the references. */
  changes: readonly ReferenceChange[];
  /** The last update is Skep's own, whatever Docker's previous spec looks like. */
  isResumed: boolean;
  kind: ServiceKind;
  priorTaskIds: readonly string[];
  soakSeconds: number;
  soakTaskIds: readonly string[];
  /** ISO 8601; null where no soak has begun. */
  soakFrom: string | null;
  now: Date;
};

type Count = { wanted: number; running: number };

export type Judgement =
  | { verdict: "gone" }
  /** The references are no longer as this operation left them, and the Swarm itself did not do it. */
  | { verdict: "another-hand" }
  | ({ verdict: "failed"; task: TaskObject | null; text: string } & Count)
  | ({ verdict: "updating" } & Count)
  | ({ verdict: "soaking"; soakTaskIds: string[]; soakFrom: string; soakUntil: string } & Count)
  | ({ verdict: "converged"; isAsleep: boolean } & Count);

/** R5: what the tasks say. Nothing here believes an answer to a call, or Docker's word "completed". */
export function judge(sight: Sight): Judgement {
  const { service, tasks, changes } = sight;
  if (!service) return { verdict: "gone" };
  const fresh = tasks.filter((task) => isFresh(task, service, sight.priorTaskIds));
  const counts = countsOf(sight, service, fresh);
  const failed = fresh.find((task) => hasFailed(task) && isOfThisUpdate(task, service));
  if (!hasEffect(service.references, changes)) {
    if (!isRolledBack(service)) return { verdict: "another-hand" };
    return { verdict: "failed", task: newestFailure(tasks, changes), text: service.update?.message ?? "", ...counts };
  }
  if (failed) return { verdict: "failed", task: failed, text: failed.error ?? `task ${failed.state}`, ...counts };
  if (isPaused(sight, service, counts)) {
    return { verdict: "failed", task: null, text: service.update?.message ?? "The update is paused.", ...counts };
  }
  if (counts.wanted === 0) return { verdict: "converged", isAsleep: true, ...counts };
  if (counts.running < counts.wanted || isOldDesired(sight, service)) return { verdict: "updating", ...counts };
  return soak(sight, service, fresh, counts);
}

function hasFailed({ state }: TaskObject): boolean {
  return state === "failed" || state === "rejected";
}

/** What another hand deployed before, and has mended since, may still be failing: that says nothing of what is there now. */
function isOfThisUpdate({ createdAt }: TaskObject, { update }: ServiceObject): boolean {
  return !update?.startedAt || Date.parse(createdAt) >= Date.parse(update.startedAt);
}

/** A task runs with what the service's spec names now, all of it, and was not there before the update. */
function isFresh(task: TaskObject, service: ServiceObject, priorTaskIds: readonly string[]): boolean {
  if (priorTaskIds.includes(task.id)) return false;
  return hasReferencesOf(task, service);
}

export function hasReferencesOf(task: TaskObject, service: ServiceObject): boolean {
  const wanted = service.references.map(({ objectId }) => objectId).sort();
  const has = task.secretObjectIds.toSorted();
  return wanted.length === has.length && wanted.every((objectId, index) => objectId === has[index]);
}

/** Tasks are still wanted that have not what the service's spec names. */
export function hasOldTasks(service: ServiceObject, tasks: readonly TaskObject[]): boolean {
  return tasks.some((task) => task.desiredState === "running" && !hasReferencesOf(task, service));
}

function countsOf({ kind, tasks }: Sight, service: ServiceObject, fresh: readonly TaskObject[]): Count {
  const good = fresh.filter(({ state, desiredState, exitCode }) => {
    if (state === "running" && desiredState === "running") return true;
    return kind === "runs-to-end" && state === "complete" && (exitCode ?? 0) === 0;
  });
  const places = kind === "runs-to-end" ? new Set(good.map(placeOf)).size : good.length;
  return { wanted: wantedOf(service, tasks, fresh), running: places };
}

/** While a global service replaces a task, Docker counts none as desired: what still lives on a node counts as well. */
function wantedOf({ mode, tasks }: ServiceObject, all: readonly TaskObject[], fresh: readonly TaskObject[]): number {
  if (mode.type === "replicated") return mode.replicas;
  if (mode.type === "replicated-job") return mode.completions;
  if (mode.type === "global-job") return Math.max(1, tasks.desired, new Set(fresh.map(placeOf)).size);
  const living = all.filter(({ state, desiredState }) => !hasEnded(state) && isDesiredUp(desiredState));
  return Math.max(tasks.desired, new Set(living.map(placeOf)).size);
}

/** The tasks that count as running with what was sent. */
export function runningIds(sight: Sight): string[] {
  return runningOf(sight).map(({ id }) => id);
}

/** R6: a further task has reached running. One that Swarm began again, because the one before it ended by itself, is none. */
export function hasNewcomer(sight: Sight, seenIds: readonly string[]): boolean {
  const ended = sight.tasks.filter(({ id, state }) => state === "complete" && seenIds.includes(id)).map(placeOf);
  return runningOf(sight).some((task) => !seenIds.includes(task.id) && !ended.includes(placeOf(task)));
}

function runningOf({ service, tasks, priorTaskIds }: Sight): TaskObject[] {
  if (!service) return [];
  return tasks.filter(
    (task) => task.state === "running" && task.desiredState === "running" && isFresh(task, service, priorTaskIds),
  );
}

const ended: ReadonlySet<TaskState> = new Set(["complete", "shutdown", "failed", "rejected", "remove", "orphaned"]);

/** The task's containers are gone, or the Swarm has given them up. */
export function hasEnded(state: TaskState): boolean {
  return ended.has(state);
}

function isDesiredUp(desiredState: TaskState): boolean {
  return !hasEnded(desiredState);
}

/** A job's place is a slot, a global service's a node. */
function placeOf({ slot, nodeId }: TaskObject): string {
  return slot === null ? `node ${nodeId}` : `slot ${slot}`;
}

/** Old tasks on a node that is down are desired to shut down: they hold the gate, not this. */
function isOldDesired({ tasks, priorTaskIds, kind }: Sight, service: ServiceObject): boolean {
  if (kind === "runs-to-end") return false;
  return tasks.some((task) => task.desiredState === "running" && !isFresh(task, service, priorTaskIds));
}

/** Swarm says "paused" of a service that ran to its end with success, too. */
function isPaused({ kind, ...sent }: Sight, service: ServiceObject, { wanted, running }: Count): boolean {
  const state = service.update?.state;
  if (state !== "paused" && state !== "rollback_paused") return false;
  if (wasUpdatedSince(service, sent.changes) && !isOwnUpdateLast(service, sent)) return false;
  return kind !== "runs-to-end" || running < wanted;
}

/** The same tasks from the soak's start to its end; whoever replaces one of them starts it anew. */
function soak(sight: Sight, service: ServiceObject, fresh: readonly TaskObject[], counts: Count): Judgement {
  const { soakSeconds, now, kind } = sight;
  const running = fresh.filter(({ state, desiredState }) => state === "running" && desiredState === "running");
  if (kind === "runs-to-end" && running.length === 0) {
    // A task that ends is a failure to the Swarm, even one that ends well: until its update is over it may roll it back.
    return isAtWork(service)
      ? { verdict: "updating", ...counts }
      : { verdict: "converged", isAsleep: false, ...counts };
  }
  const ids = running.map(({ id }) => id).sort();
  const isSame = sight.soakFrom !== null && ids.join() === sight.soakTaskIds.toSorted().join();
  const soakFrom = isSame && sight.soakFrom !== null ? sight.soakFrom : now.toISOString();
  const until = Date.parse(soakFrom) + soakSeconds * 1000;
  // A soak as long as Swarm's own monitor ends with it; who chose a shorter one did not want to wait for that.
  const isMonitored = soakSeconds > 0 && soakSeconds >= service.updatePolicy.monitorSeconds;
  const isOver = now.getTime() >= until && !(isMonitored && service.update?.state === "updating");
  if (isOver) return { verdict: "converged", isAsleep: false, ...counts };
  return { verdict: "soaking", soakTaskIds: ids, soakFrom, soakUntil: new Date(until).toISOString(), ...counts };
}

/** After a rollback by the Swarm the spec is the old one: the failed task is one that had the new references. */
function newestFailure(tasks: readonly TaskObject[], changes: readonly ReferenceChange[]): TaskObject | null {
  const ids = changes.flatMap(({ toObjectId }) => toObjectId ?? []);
  const failed = tasks.filter((task) => hasFailed(task) && ids.every((id) => task.secretObjectIds.includes(id)));
  return failed.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt))[0] ?? null;
}
