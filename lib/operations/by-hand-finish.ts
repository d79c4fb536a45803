import "server-only";
import type { ReferenceEdit, ServiceObject } from "#lib/swarm/schema.ts";
import { duration, shownVersionId } from "#lib/words.ts";
import { createCommands, removeCommand, valueFile } from "./by-hand-commands.ts";
import { endIn, plannedObject } from "./by-hand-objects.ts";
import { type ByHandRemoval, removalSteps } from "./by-hand-removals.ts";
import { runsAgain, serviceStep } from "./by-hand-services.ts";
import { type ByHandStep, type ByHandUpdate, type ByHandWay, nothingToDo, noUpdate } from "./by-hand-step.ts";
import { allChanges, findStep, type Operation, rotatorsOf } from "./ledger.ts";
import type { SeenSwarm } from "./now.ts";
import { plannedEdits } from "./planned-edits.ts";
import type { PlannedRotator, SourcedValue } from "./planned-value.ts";
import type { PlannedChange, PlannedRetirement, PlannedVersion } from "./schema.ts";

/** All that the plan wants and the Swarm has not. */
export function finishing(operation: Operation, swarm: SeenSwarm): ByHandWay {
  const { create, retire } = operation.plan;
  const going = retire.filter(({ objectId }) => swarm.secrets.has(objectId));
  const moves = inOrder(operation).map((change) => moving(operation, change, swarm));
  return {
    way: "finish",
    sentence: "Brings every service of the plan to where it should be, in the plan's order.",
    steps: [
      ...create.map((version) => creation(operation, version, swarm)),
      ...moves.map(({ step }) => step),
      ...rotatorsOf(operation.plan).flatMap((rotator) => farewell(operation, rotator)),
      ...removalSteps(going.map(removal), operation, swarm, moves),
    ],
  };
}

function creation(operation: Operation, planned: PlannedVersion, { secrets }: SeenSwarm): ByHandStep {
  const { name, isThere, takenName } = plannedObject(operation, planned, secrets);
  if (isThere && isUnknown(operation, planned)) return madeAgain({ ...planned, objectName: name }, operation);
  if (isThere) return nothingToDo(`${name} is made already`);
  const version = { ...planned, objectName: name };
  const taken = `Another object has the name ${takenName}. If you made it by this page, make no other: write ${takenName} for ${name} below.`;
  return {
    title: `Make ${name}`,
    notes: [...(takenName === null ? [] : [taken]), valueNote(version, operation)],
    commands: createCommands(version),
  };
}

/** It has a password of which nobody knows that the other side takes it. */
function isUnknown(operation: Operation, { value }: PlannedVersion): boolean {
  return value.from === "rotator" && findStep(operation, "test", value.rotatorId)?.state !== "done";
}

/** No service has it yet, so that it can be made anew under its name. */
function madeAgain(version: PlannedVersion, operation: Operation): ByHandStep {
  const lost = `${version.objectName} is there, but its password was not seen to work, and nobody knows it. No service has it: it is made again.`;
  return {
    title: `Make ${version.objectName} again`,
    notes: [lost, valueNote(version, operation)],
    commands: [removeCommand(version.objectName), ...createCommands(version)],
  };
}

function rotatedNote({ objectName, value }: PlannedVersion, { plan }: Operation): string {
  if (value.from !== "rotator") return "";
  const rotator = rotatorsOf(plan).find(({ rotatorId }) => rotatorId === value.rotatorId);
  const { login = null, rotatorName = "the other side" } = rotator ?? {};
  const whose = login === null ? "a fresh password" : `a fresh password for ${login}`;
  const user = login === null ? "" : `, {{user}} being ${login}`;
  return `Choose ${whose}, set it at ${rotatorName}, and look that it signs in. Then put ${value.template} with it${user} into ${valueFile(objectName)}. Delete that file once the object is made.`;
}

/** What the executor's last call to the other side would do. */
function farewell(operation: Operation, rotator: PlannedRotator): ByHandStep[] {
  const { rotatorId, rotatorName, login, oldLogin, locksOld, needsFinish } = rotator;
  if (!needsFinish || findStep(operation, "finish", rotatorId)?.state === "done") return [];
  const isOther = oldLogin !== null && oldLogin !== login;
  const leaked = isOther
    ? `The password of ${oldLogin} has leaked: set one there that nobody knows.`
    : "The old password has leaked: look that it does not work there any more.";
  const note = locksOld ? leaked : "When no task has the old value any more, it may be taken out there.";
  return [nothingToDo(`At ${rotatorName}, end what the old value can do`, [note])];
}

function valueNote(version: PlannedVersion, operation: Operation): string {
  const { secretName, objectName, value } = version;
  const file = valueFile(objectName);
  switch (value.from) {
    case "typed":
      return `Nobody has the value of ${secretName} but whoever typed it. After the first line, put it into ${file}, byte for byte. Delete that file once the object is made.`;
    case "shown":
      return `Makes a fresh value of ${secretName} in ${file}. Enter it wherever else it belongs, then delete that file.`;
    case "source":
      return `Put ${sourcedText(value)} into ${file}, byte for byte. Delete that file once the object is made.`;
    case "rotator":
      return rotatedNote(version, operation);
    case "generated":
      return `Makes a fresh value of ${secretName}. It is shown to nobody.`;
  }
}

/** Which version of what is the value, wherever it is said in words. */
function sourcedText({ sourceName, path, take, sourceVersionId }: SourcedValue): string {
  const version = sourceVersionId === null ? "" : `, version ${shownVersionId(sourceVersionId)}`;
  const place = `${path} at ${sourceName}${version}`;
  if (take.take === "whole") return `what is at ${place}`;
  return take.take === "field"
    ? `the field ${take.field} of ${place}`
    : `${take.template} filled with the fields of ${place}`;
}

/** The canary first, and Skep's own service last, as the executor does it. */
function inOrder(operation: Operation): PlannedChange[] {
  const { canaryServiceId } = operation.plan;
  const rank = ({ serviceId, isSkep }: PlannedChange) => (serviceId === canaryServiceId ? 0 : isSkep ? 2 : 1);
  return allChanges(operation).toSorted((a, b) => rank(a) - rank(b));
}

function moving(operation: Operation, change: PlannedChange, swarm: SeenSwarm): ByHandUpdate {
  const { serviceId, serviceName, leftOut } = change;
  const left =
    findStep(operation, "move", serviceId)?.facts.left ?? findStep(operation, "watch", serviceId)?.facts.left;
  if (leftOut !== null) return noUpdate(`${serviceName} is left out: by plan, it stays as it is`);
  if (left === "runs-to-end") return runsAgain(serviceName);
  if (left === "another-hand") return noUpdate(`${serviceName} was moved by another hand, and is left to it`);
  const service = swarm.services.get(serviceId);
  if (!service) return noUpdate(`${serviceName} is gone`);
  const edits = plannedEdits(operation, serviceId, endIn(swarm));
  const unchanged = isMoved(service, edits)
    ? `${serviceName} is moved already`
    : `${serviceName} has none of the old versions any more, and is left`;
  return serviceStep(operation, service, swarm, {
    way: "finish",
    edits,
    unchanged,
    title: `Move ${serviceName}`,
    notes: [],
  });
}

/** What is to be replaced and is not there may have gone by another hand. */
function isMoved({ references }: ServiceObject, edits: readonly ReferenceEdit[]): boolean {
  const ends = edits.flatMap((edit) => ("to" in edit ? [edit.to.objectId] : []));
  return ends.every((id) => references.some(({ objectId }) => objectId === id));
}

function removal({ objectId, objectName, keepSeconds }: PlannedRetirement): ByHandRemoval {
  const later = `Not before everything has run with the new one for a while: it is the way back. The plan keeps it for ${duration(keepSeconds)} after the end.`;
  return {
    objectId,
    objectName,
    isLater: keepSeconds > 0,
    notes: [...(keepSeconds > 0 ? [later] : []), nextDeploy],
  };
}

const nextDeploy =
  "The next deploy of a stack whose file still asks for it fails, or brings the old value back: change the file first.";
