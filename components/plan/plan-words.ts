import type { Plan, PlannedChange } from "#lib/operations/schema.ts";
import { agreeing, counted, duration, shownVersionId } from "#lib/words.ts";

export function orderOf(plan: Plan, change: PlannedChange, place: number): string {
  if (change.leftOut) return "left out";
  if (change.serviceId === plan.canaryServiceId && plan.order === "canary") return "1 canary";
  if (plan.order === "one-by-one") return String(place + 1);
  if (plan.changes.filter(({ leftOut }) => leftOut === null).length === 1) return "1";
  return plan.order === "canary" && plan.canaryServiceId ? "2" : "together";
}

/** The files that the change touches: kept by a replacement, new by a grant, gone by a revocation. */
export function filesOf({ edits }: PlannedChange): string {
  return edits
    .flatMap((edit) => {
      if (edit.edit === "replace") return edit.targets;
      if (edit.edit === "set-file") return [edit.target];
      return edit.edit === "add" ? [`+ ${edit.target}`] : [`− ${edit.target}`];
    })
    .join(", ");
}

export function restarts(change: PlannedChange): string {
  if (change.leftOut === "runs-to-end") return "would run again";
  if (change.leftOut) return "nothing";
  if (change.tasks === 0) return change.kind === "asleep" ? "when it next runs" : "no task";
  const tasks = counted(change.tasks, "task");
  if (change.kind === "runs-to-end") return `${tasks}, runs again`;
  if (change.tasks === 1) return tasks;
  if (change.atATime === 0 || change.atATime >= change.tasks) return `${tasks}, all at once`;
  return change.atATime === 1 ? `${tasks}, one by one` : `${tasks}, ${change.atATime} at a time`;
}

export function meanwhile(change: PlannedChange): string {
  if (change.leftOut || change.tasks === 0) return "–";
  if (change.startFirst) return `${change.tasks} of ${change.tasks} run`;
  return change.runMeanwhile === 0 ? "nothing runs" : `${change.runMeanwhile} of ${change.tasks} run`;
}

/**
 * What it is worth that secrets which touch the same services are rotated together: each service restarts once, and not
 * once for each of its secrets.
 */
export function restartsSaved({ secrets, changes }: Plan): string | null {
  if (secrets.length < 2) return null;
  const moving = changes.filter(({ leftOut, tasks }) => leftOut === null && tasks > 0);
  const together = moving.reduce((sum, { tasks }) => sum + tasks, 0);
  const apart = moving.reduce((sum, { tasks, edits }) => sum + tasks * edits.length, 0);
  if (together === 0) return null;
  const restart = `${counted(together, "task")} ${agreeing(together, "restarts", "restart")}`;
  if (apart === together) return `${restart}, as many as one by one: no service holds more than one of them.`;
  return `${restart} instead of ${apart.toLocaleString("en")}: each service moves once, with all of its secrets.`;
}

/** Of each secret whose value is read at a source, which version of what it gets. */
export function sourcedSentences({ create }: Plan): string[] {
  return create.flatMap(({ secretName, value }) => {
    if (value.from !== "source") return [];
    const { sourceName, path, sourceVersionId } = value;
    if (sourceVersionId === null) return [`${secretName} gets what ${sourceName} has at ${path} by then.`];
    return [`${secretName} gets version ${shownVersionId(sourceVersionId)} of ${path} at ${sourceName}.`];
  });
}

/** What goes: all of a secret that is retired, else what is older than the new version. */
function nameOfRetired({ kind, retire: [first, ...others] }: Plan, old: number | null): string {
  if (kind === "retire") return others.length > 0 ? "They go" : `${first?.objectName} goes`;
  return old === null || others.length > 0 ? "The old versions go" : `v${old} goes`;
}

/** What becomes of the old version, and what a failure does. */
export function thenSentence(plan: Plan): string | null {
  const moved = plan.changes.some(({ leftOut }) => leftOut === null);
  const sentences: string[] = [];
  const old = plan.secrets.length === 1 ? plan.secrets[0]?.fromVersion : null;
  const name = nameOfRetired(plan, old ?? null);
  if (plan.retire.length > 0) {
    const when = whenText(plan.retire.map(({ keepSeconds }) => keepSeconds));
    sentences.push(`${name} ${when}, if nothing names ${plan.retire.length > 1 ? "them" : "it"}.`);
  }
  if (moved && plan.create.length > 0 && plan.kind !== "create") {
    sentences.push(failureText(plan));
  } else if (moved) {
    const end = plan.oldValueStaysValid
      ? "it is put back as it was"
      : "everything stops where it is, for a person to decide";
    sentences.push(`If a service fails, ${end}.`);
  }
  return sentences.length > 0 ? sentences.join(" ") : null;
}

function failureText(plan: Plan): string {
  const isLeaked = plan.kind === "rotate-emergency";
  if (plan.oldValueStaysValid) {
    return `If a service fails, all go back${backTo(plan)}${isLeaked ? ", the value that has leaked" : ""}.`;
  }
  const because = plan.secrets.length > 1 ? "not every old value still works" : "the old value no longer works";
  return `If a service fails, everything stops where it is, for a person to decide: ${isLeaked ? "nothing goes back to the leaked value" : because}.`;
}

function backTo({ secrets: [secret, ...others] }: Plan): string {
  if (others.length > 0) return " to their old versions, each with all of its secrets";
  return secret?.fromVersion == null ? "" : ` to v${secret.fromVersion}`;
}

/** Each secret has a keep time of its own. */
function whenText(keepSeconds: number[]): string {
  const [least, most] = [Math.min(...keepSeconds), Math.max(...keepSeconds)];
  if (most === 0) return "at once";
  if (least === 0) return `at once, or after up to ${duration(most)}`;
  return least === most ? `after ${duration(most)}` : `after ${duration(least)} to ${duration(most)}`;
}
