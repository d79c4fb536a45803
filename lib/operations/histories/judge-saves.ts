import "server-only";
import type { LedgerStep } from "../ledger.ts";
import { conditionOf, hasEndedTask, placeOf } from "../model/tasks.ts";
import type { Save } from "../store-port.ts";
import { type Followed, idsIn, type Sight } from "./sight.ts";

/** R5: whoever says that a service has converged has its tasks running, the same ones for as long as the soak. */
export function sawWhatItSays(
  sight: Sight,
  followed: Followed,
  { steps = [] }: Save,
  { isDisturbed }: { isDisturbed: boolean },
): string[] {
  if (isDisturbed) return [];
  return steps
    .filter(({ name, state, facts }) => name === "watch" && state === "done" && !facts.left)
    .flatMap((step) => converged(sight, followed, step));
}

function converged({ model, now }: Sight, { operation }: Followed, { subjectId, facts }: LedgerStep): string[] {
  const service = model.services.get(subjectId);
  if (!service) return [`R5: ${subjectId} is gone and counts as moved`];
  const { Mode } = service.spec;
  const change = operation.plan.changes.find(({ serviceId }) => serviceId === subjectId);
  if (change?.kind === "runs-to-end" || Mode.ReplicatedJob) return [];
  const wanted = Mode.Replicated?.Replicas ?? 1;
  if (wanted === 0)
    return facts.verification === "unverified-asleep" ? [] : [`R5: ${subjectId} sleeps, and is said to run`];
  const ids = idsIn(service.spec).sort().join();
  const soak = (change && change.kind !== "asleep" ? change.soakSeconds : 0) * 1000;
  const tasks = model.tasksOf(subjectId).filter((task) => !hasEndedTask(task) && task.desired === "running");
  const good = tasks.filter(({ state, secretIds, changedAt }) => {
    return state === "running" && secretIds.toSorted().join() === ids && now() - changedAt >= soak;
  });
  const old = tasks.filter(({ secretIds }) => secretIds.toSorted().join() !== ids);
  // What slept or still ran when the plan was made may end by itself: who has ended well with it has run with it.
  const ended = model.tasksOf(subjectId).filter(({ state, exitCode, secretIds }) => {
    return state === "complete" && (exitCode ?? 0) === 0 && secretIds.toSorted().join() === ids;
  });
  const mayEnd = conditionOf(service.spec) !== "any";
  const places = new Set([...good, ...(mayEnd ? ended : [])].map(placeOf)).size;
  return [
    ...(places >= wanted ? [] : [`R5: ${subjectId} has ${places} of ${wanted} tasks through the soak`]),
    ...(old.length === 0 ? [] : [`R5: ${subjectId} still wants tasks with the old objects`]),
  ];
}

/** R8: one service at a time where the plan says so, and the canary alone. */
export function secondNeverWaits(_sight: Sight, { operation, underWay }: Followed, { steps = [] }: Save): string[] {
  const { order, atMost } = operation.plan;
  const most = order === "one-by-one" ? 1 : (atMost ?? Number.POSITIVE_INFINITY);
  const begun = steps.filter(({ name, facts }) => name === "move" && facts.intent);
  const count = new Set([...underWay, ...begun.map(({ subjectId }) => subjectId)]).size;
  return count > most ? [`order: ${count} services at once, and ${most} were allowed`] : [];
}
