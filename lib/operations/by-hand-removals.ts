import "server-only";
import { removeCommand, usesCommand } from "./by-hand-commands.ts";
import { releaseStep, type WayBack, waysBackTo } from "./by-hand-releases.ts";
import { type ByHandStep, type ByHandUpdate, nothingToDo } from "./by-hand-step.ts";
import { gateText } from "./gate-text.ts";
import type { Operation } from "./ledger.ts";
import type { SeenSwarm } from "./now.ts";

/** An object that is to go, and what to know of it beside what holds for all. */
export type ByHandRemoval = { objectId: string; objectName: string; isLater: boolean; notes: string[] };

/**
 * R3 by hand, for Docker asks only what services name now: a look at the tasks first, then the release of every service
 * that could be rolled back to what goes. What a service that may not be released could be rolled back to, stays.
 */
export function removalSteps(
  removals: readonly ByHandRemoval[],
  operation: Operation,
  swarm: SeenSwarm,
  updates: readonly ByHandUpdate[],
): ByHandStep[] {
  const ids = removals.map(({ objectId }) => objectId);
  const waysBack = waysBackTo(ids, operation, swarm, updates);
  const heldBy = ({ objectId }: ByHandRemoval) =>
    waysBack.filter(({ reason, objectIds }) => reason.notReleasable !== null && objectIds.includes(objectId));
  const going = removals.filter((each) => heldBy(each).length === 0);
  return [
    ...(going.length > 0 ? [lookAtTasks(going)] : []),
    ...waysBack.flatMap((each) => releases(each, going)),
    ...removals.map((each) => (going.includes(each) ? removal(each) : stays(each, heldBy(each)))),
  ];
}

function lookAtTasks(going: readonly ByHandRemoval[]): ByHandStep {
  const names = going.map(({ objectName }) => objectName);
  return {
    title: `Look for tasks that still use ${names.join(" or ")}`,
    notes: [untilNone],
    commands: [usesCommand(names)],
  };
}

/** None for the sake of what stays anyway. */
function releases(wayBack: WayBack, going: readonly ByHandRemoval[]): ByHandStep[] {
  const own = going.filter(({ objectId }) => wayBack.objectIds.includes(objectId));
  if (own.length === 0 || wayBack.reason.notReleasable !== null) return [];
  const names = own.map(({ objectName }) => objectName).join(" and ");
  return [
    releaseStep(
      wayBack,
      names,
      own.every(({ isLater }) => isLater),
    ),
  ];
}

function removal({ objectName, isLater, notes }: ByHandRemoval): ByHandStep {
  return {
    title: `${isLater ? "Later: remove" : "Remove"} ${objectName}`,
    notes: [...notes, previousSpec],
    commands: [removeCommand(objectName)],
  };
}

function stays({ objectName }: ByHandRemoval, held: readonly WayBack[]): ByHandStep {
  const reasons = held.map(({ reason }) => `${gateText(reason)}.`);
  return nothingToDo(`${objectName} stays, as Skep would keep it`, reasons);
}

const untilNone =
  "Remove nothing before this shows no task. A task on a node that is down counts too: it may still need its version.";
const previousSpec =
  "Docker refuses as long as a service names it, but not for what only a previous spec names: docker service rollback then fails.";
