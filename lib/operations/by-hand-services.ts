import "server-only";
import { isAppError } from "#lib/errors.ts";
import { applyEdits, referencesIn } from "#lib/swarm/patch.ts";
import type { ReferenceEdit, SecretReference, ServiceObject, TaskObject } from "#lib/swarm/schema.ts";
import { isAtWork } from "#lib/swarm/standing.ts";
import { quoted, resumeCommand, tasksCommand, updateCommand } from "./by-hand-commands.ts";
import { type ByHandUpdate, noUpdate } from "./by-hand-step.ts";
import { hasOldTasks } from "./converge.ts";
import { hasEffect, isOwnUpdateLast } from "./effect.ts";
import { kindNow, wouldRunAgain } from "./kind-now.ts";
import { findStep, type Operation } from "./ledger.ts";
import type { SeenSwarm } from "./now.ts";

type Wanted = {
  way: "finish" | "undo";
  edits: readonly ReferenceEdit[];
  /** "Move a", and what is said where nothing is to be changed. */
  title: string;
  unchanged: string;
  /** What holds of any command to it. */
  notes: string[];
};

/** What one service needs to have what is wanted: an update, its paused rollout to go on, or nothing. */
export function serviceStep(
  operation: Operation,
  service: ServiceObject,
  { tasksByService }: SeenSwarm,
  { way, edits, title, unchanged, notes }: Wanted,
): ByHandUpdate {
  const { name } = service;
  const after = patched(service, edits);
  if ("refusal" in after) return noUpdate(`${name} cannot be changed as it is now`, [after.refusal]);
  const tasks = tasksByService.get(service.id) ?? [];
  const runsToEnd = kindNow(operation, service, tasks) === "runs-to-end";
  const isOwn = isOwnUpdate(operation, service);
  const command = updateCommand(name, service.references, after.references);
  if (command !== null) {
    if (way === "finish" && wouldRunAgain(operation, service, tasks)) return runsAgain(name);
    const more = [...(runsToEnd ? ["This runs it again."] : []), ...busyNotes(service, isOwn)];
    return {
      step: { title, notes: [...notes, ...more], commands: [command, tasksCommand(name)] },
      leaves: { serviceId: service.id, references: after.references, previous: service.references },
    };
  }
  // Where tasks end by themselves, Docker says "paused" although none has failed.
  const stands = runsToEnd ? null : standstill(service, tasks);
  if (stands === null) return noUpdate(unchanged, unfinishedNotes(service));
  const goesOn = `${stands}, and this goes on with it. ${again}`;
  return {
    step: {
      title: `Go on with the rollout of ${name}`,
      notes: [...notes, goesOn, ...(isOwn ? [] : [otherChanges(name)])],
      commands: [resumeCommand(name), tasksCommand(name)],
    },
    // Sent once more, the present spec is the previous one too.
    leaves: { serviceId: service.id, references: service.references, previous: service.references },
  };
}

export function runsAgain(serviceName: string): ByHandUpdate {
  return noUpdate(`${serviceName} would run again, and is left`);
}

/** R4: what another hand has put in the way is said, as the executor would say it. */
function patched(
  { spec }: ServiceObject,
  edits: readonly ReferenceEdit[],
): { references: SecretReference[] } | { refusal: string } {
  try {
    return { references: referencesIn(applyEdits(spec, edits).spec) };
  } catch (error) {
    if (!isAppError(error)) throw error;
    return { refusal: error.publicMessage };
  }
}

/** Why a rollout does not go on by itself. One that was resumed too soon has no state left, only its old tasks. */
function standstill(service: ServiceObject, tasks: readonly TaskObject[]): string | null {
  const { update } = service;
  if (update?.state === "paused" || update?.state === "rollback_paused") return "Its rollout is paused";
  if (isAtWork(service)) return null;
  return hasOldTasks(service, tasks) ? "Its rollout has stopped, and a task still runs with another version" : null;
}

/** The last update of the service is this operation's, there or back. */
function isOwnUpdate(operation: Operation, service: ServiceObject): boolean {
  return (["move", "undo"] as const).some((name) => {
    const { changes = [], isApplied = false, isResumed = false } = findStep(operation, name, service.id)?.facts ?? {};
    const isThere = isApplied || hasEffect(service.references, changes);
    return isThere && isOwnUpdateLast(service, { changes, isResumed });
  });
}

/** R17: what this command would do to an update of another hand that is not over. To cut off its own is what it is for. */
function busyNotes({ name, update }: ServiceObject, isOwn: boolean): string[] {
  if (isOwn) return [];
  switch (update?.state) {
    case "updating":
      return ["Another hand's update of it is under way: wait for its end."];
    case "paused":
    case "rollback_paused":
      return [`Its last update is paused, and this command goes on with it. ${otherChanges(name)}`];
    case "rollback_started":
      return ["It is being rolled back: wait for its end."];
    default:
      return [];
  }
}

function unfinishedNotes(service: ServiceObject): string[] {
  return isAtWork(service) ? ["Its rollout is still under way: wait for its end."] : [];
}

/** Docker drops what comes while it still waits out the update delay of the task that failed. */
const again = "If it does not end, press Ctrl-C and run it again.";

function otherChanges(name: string): string {
  return `Another hand may have changed more in it: read docker service inspect --pretty ${quoted(name)} first.`;
}
