import "server-only";
import { removeCommand, usesCommand } from "./by-hand-commands.ts";
import type { ByHandStep } from "./by-hand-step.ts";

/** An object that is to go, and what to know of it beside what holds for all. */
export type ByHandRemoval = { objectName: string; title: string; notes: string[] };

/** R3 by hand: Docker asks only what services name now, so a look at the tasks comes first, as a step of its own. */
export function removalSteps(removals: readonly ByHandRemoval[]): ByHandStep[] {
  if (removals.length === 0) return [];
  const names = removals.map(({ objectName }) => objectName);
  return [
    {
      title: `Look for tasks that still use ${names.join(" or ")}`,
      notes: [untilNone],
      commands: [usesCommand(names)],
    },
    ...removals.map(({ objectName, title, notes }) => {
      return { title, notes: [...notes, previousSpec], commands: [removeCommand(objectName)] };
    }),
  ];
}

const untilNone =
  "Remove nothing before this shows no task. A task on a node that is down counts too: it may still need its version.";
const previousSpec =
  "Docker refuses as long as a service names it, but not for what only a previous spec names: docker service rollback then fails.";
