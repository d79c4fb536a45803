import "server-only";
import { applyEdits, inverseEdits, referencesIn } from "#lib/swarm/patch.ts";
import type { ReferenceEdit, SecretObject, ServiceObject } from "#lib/swarm/schema.ts";
import { duration } from "#lib/words.ts";
import { createCommand, removeCommand, tasksCommand, updateCommand } from "./by-hand-commands.ts";
import { allChanges, findStep, type LedgerStep, type Operation, stepsNamed } from "./ledger.ts";
import { hasIt } from "./now.ts";
import { plannedEdits } from "./planned-edits.ts";
import type { PlannedChange, PlannedVersion, ReferenceEnd } from "./schema.ts";

/** One thing to do, in the order of the list; without commands where there is nothing to do. */
export type ByHandStep = { title: string; note: string | null; commands: string[] };

/** How an operation would be brought to one of its ends without Skep. */
export type ByHandWay = { way: "finish" | "undo"; sentence: string; steps: ByHandStep[] };

/** What the Swarm was seen to hold. */
export type SeenSwarm = {
  services: ReadonlyMap<string, ServiceObject>;
  secrets: ReadonlyMap<string, SecretObject>;
};

/**
 * R8, should Skep itself be gone: the commands that would bring an open operation to either end, from where the Swarm is
 * now. What is as wanted already needs none, so a page that is read again after half of them shows the other half.
 */
export function byHandWays(operation: Operation, swarm: SeenSwarm): ByHandWay[] {
  return [finishing(operation, swarm), undoing(operation, swarm)];
}

function finishing(operation: Operation, swarm: SeenSwarm): ByHandWay {
  const { plan } = operation;
  const steps = [
    ...plan.create.map((version) => creation(operation, version, swarm)),
    ...inOrder(operation).map((change) => moving(operation, change, swarm)),
    ...removals(operation, swarm),
  ];
  return {
    way: "finish",
    sentence: "Brings every service of the plan to where it should be, in the plan's order.",
    steps: steps.filter((step) => step !== null),
  };
}

function creation(operation: Operation, planned: PlannedVersion, { secrets }: SeenSwarm): ByHandStep | null {
  const made = findStep(operation, "create", planned.versionId)?.facts.object;
  const isThere = made ? secrets.has(made.id) : false;
  const name = made?.name ?? planned.objectName;
  if (isThere) return { title: `${name} is made already`, note: null, commands: [] };
  const taken = [...secrets.values()].some((each) => each.name === name);
  const note =
    planned.value.from === "typed"
      ? "Nobody has the value but whoever typed it. Put it into the file value, byte for byte, and delete that file afterwards."
      : "Makes a fresh value. It is shown to nobody.";
  const inTheWay = `An object of this name is there, and Skep does not know whether it is its own. Look at it first: docker secret inspect ${name}.`;
  return {
    title: `Make ${name}`,
    note: taken ? inTheWay : note,
    commands: [createCommand({ ...planned, objectName: name })],
  };
}

/** The canary first, and Skep's own service last, as the executor does it. */
function inOrder(operation: Operation): PlannedChange[] {
  const { canaryServiceId } = operation.plan;
  const rank = ({ serviceId, isSkep }: PlannedChange) => (serviceId === canaryServiceId ? 0 : isSkep ? 2 : 1);
  return allChanges(operation).toSorted((a, b) => rank(a) - rank(b));
}

function moving(operation: Operation, change: PlannedChange, { services }: SeenSwarm): ByHandStep | null {
  const { serviceId, serviceName, leftOut } = change;
  const left = findStep(operation, "move", serviceId)?.facts.left;
  if (leftOut !== null || left === "runs-to-end") return note(serviceName, "is left out: by plan, it stays as it is");
  if (left === "another-hand") return note(serviceName, "was moved by another hand, and is left to it");
  const service = services.get(serviceId);
  if (!service) return note(serviceName, "is gone");
  const edits = plannedEdits(operation, serviceId, plannedEnd);
  return update(service, edits, `Move ${serviceName}`, `${serviceName} is moved already`);
}

/** By the name that it will have, where the object is not made yet. */
function plannedEnd(operation: Operation, end: ReferenceEnd): { objectId: string; objectName: string } {
  if (end.object === "existing") return end;
  const made = findStep(operation, "create", end.versionId)?.facts.object;
  const planned = operation.plan.create.find(({ versionId }) => versionId === end.versionId);
  return { objectId: made?.id ?? end.versionId, objectName: made?.name ?? planned?.objectName ?? end.versionId };
}

function removals(operation: Operation, { secrets }: SeenSwarm): (ByHandStep | null)[] {
  return operation.plan.retire.map(({ objectId, objectName, keepSeconds }) => {
    if (!secrets.has(objectId)) return null;
    const later = `Not before everything has run with the new one for a while: it is the way back. The plan keeps it for ${duration(keepSeconds)} after the end.`;
    const now =
      "Docker refuses as long as a service names it. What only a previous spec names it lets go, and docker service rollback then fails.";
    return {
      title: keepSeconds > 0 ? `Later: remove ${objectName}` : `Remove ${objectName}`,
      note: keepSeconds > 0 ? later : now,
      commands: [removeCommand(objectName)],
    };
  });
}

/** R7: what the ledger says was replaced, back; the one that failed first, then the others in reverse. */
function undoing(operation: Operation, swarm: SeenSwarm): ByHandWay {
  const moved = stepsNamed(operation, "move").filter(({ facts }) => facts.changes?.length);
  if (!operation.plan.oldValueStaysValid && moved.some((step) => hasIt(step, swarm.services))) {
    return {
      way: "undo",
      sentence: "There is no way back: the old value was said not to work any more. Finish it instead.",
      steps: [],
    };
  }
  const isFailed = ({ subjectId, state }: LedgerStep) =>
    state === "failed" || findStep(operation, "watch", subjectId)?.state === "failed";
  const backwards = moved.toReversed().toSorted((a, b) => Number(isFailed(b)) - Number(isFailed(a)));
  const steps = [...backwards.map((step) => goingBack(step, swarm)), ...abandonments(operation, swarm)];
  return {
    way: "undo",
    sentence: "Puts back exactly what this operation has changed. It presumes that the old value still works.",
    steps: steps.filter((step) => step !== null),
  };
}

function goingBack({ subjectId, subjectName, facts }: LedgerStep, { services, secrets }: SeenSwarm): ByHandStep | null {
  const service = services.get(subjectId);
  if (!service) return note(subjectName, "is gone");
  const { changes = [] } = facts;
  const lost = changes.find(({ fromObjectId }) => fromObjectId !== null && !secrets.has(fromObjectId));
  if (lost) return note(subjectName, `cannot go back: ${lost.fromObjectName} is no longer in the Swarm`);
  return update(service, inverseEdits(changes), `Put ${subjectName} back`, `${subjectName} is as it was before`);
}

function abandonments(operation: Operation, { secrets }: SeenSwarm): (ByHandStep | null)[] {
  return stepsNamed(operation, "create").map(({ facts }) => {
    const { object } = facts;
    if (!object || !secrets.has(object.id)) return null;
    return {
      title: `Remove ${object.name}`,
      note: "Only when no service names it any more; Docker refuses until then.",
      commands: [removeCommand(object.name)],
    };
  });
}

function update(service: ServiceObject, edits: readonly ReferenceEdit[], title: string, already: string): ByHandStep {
  const after = referencesIn(applyEdits(service.spec, edits).spec);
  const command = updateCommand(service.name, service.references, after);
  if (command === null) return { title: already, note: null, commands: [] };
  return { title, note: busyNote(service), commands: [command, tasksCommand(service.name)] };
}

/** R17: whatever an update by hand would do to an update that is not over. */
function busyNote({ update }: ServiceObject): string | null {
  switch (update?.state) {
    case "updating":
      return "An update of it is under way: wait for its end, unless it is this operation's own.";
    case "paused":
    case "rollback_paused":
      return "Its last update is paused. This command resumes it with all else that was changed then: read docker service inspect --pretty first.";
    case "rollback_started":
      return "It is being rolled back: wait for its end.";
    default:
      return null;
  }
}

function note(name: string, what: string): ByHandStep {
  return { title: `${name} ${what}`, note: null, commands: [] };
}
