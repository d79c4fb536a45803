import "server-only";
import type { SecretReference, ServiceObject, SwarmSnapshot, TaskObject } from "#lib/swarm/schema.ts";
import { agreeing, counted } from "#lib/words.ts";
import { type LedgerStep, type Operation, stepsNamed } from "./ledger.ts";

/** What the Swarm was seen to hold. */
export type SeenSwarm = Pick<SwarmSnapshot, "services" | "secrets" | "tasksByService">;

/** What a service has of an operation's secrets at this moment, whatever the ledger says: for whoever has to decide. */
export function nowOf(operation: Operation, serviceId: string, { services, tasksByService }: SeenSwarm): string | null {
  const service = services.get(serviceId);
  if (!service) return null;
  const own = ownObjects(operation);
  const named = distinct(service.references.filter(({ objectId }) => own.has(objectId)));
  const running = (tasksByService.get(serviceId) ?? []).filter(isRunning);
  if (named.length === 0) return `Now it names none of these versions${updateText(service)}.`;
  const parts = named.map(({ objectId, objectName }) => {
    const count = running.filter(({ secretObjectIds }) => secretObjectIds.includes(objectId)).length;
    return `\`${objectName}\`, and ${count === 0 ? "no task runs" : `${counted(count, "task")} ${agreeing(count, "runs", "run")}`} with it`;
  });
  const others = running.filter(({ secretObjectIds }) =>
    secretObjectIds.some((id) => own.has(id) && !named.some(({ objectId }) => objectId === id)),
  ).length;
  const rest =
    others > 0 ? `; ${counted(others, "task")} still ${agreeing(others, "runs", "run")} with another version` : "";
  return `Now it names ${parts.join("; ")}${rest}${updateText(service)}.`;
}

/** Whether a service still has what a step of this operation gave it: the Swarm itself, or another hand, may have taken it back. */
export function hasIt({ subjectId, facts }: LedgerStep, services: SeenSwarm["services"]): boolean {
  const given = (facts.changes ?? []).flatMap(({ toObjectId }) => toObjectId ?? []);
  const references = services.get(subjectId)?.references ?? [];
  return given.length === 0 || references.some(({ objectId }) => given.includes(objectId));
}

/** Every version that the operation makes, moves services from, or onto. */
function ownObjects(operation: Operation): Set<string> {
  const made = stepsNamed(operation, "create").flatMap(({ facts }) => facts.object?.id ?? []);
  const planned = operation.plan.changes.flatMap(({ edits }) =>
    edits.flatMap((edit) => [
      ...("fromObjectIds" in edit ? edit.fromObjectIds : []),
      ...("objectId" in edit ? [edit.objectId] : []),
      ...("to" in edit && edit.to.object === "existing" ? [edit.to.objectId] : []),
    ]),
  );
  return new Set([...made, ...planned]);
}

function isRunning({ state, desiredState }: TaskObject): boolean {
  return state === "running" && desiredState === "running";
}

function distinct(references: readonly SecretReference[]): SecretReference[] {
  return references.filter(
    ({ objectId }, place) => references.findIndex((each) => each.objectId === objectId) === place,
  );
}

function updateText({ update }: ServiceObject): string {
  switch (update?.state) {
    case "updating":
      return "; an update of it is under way";
    case "paused":
    case "rollback_paused":
      return "; the Swarm has paused its update";
    case "rollback_started":
      return "; the Swarm is rolling it back";
    case "rollback_completed":
      return "; the Swarm has rolled it back";
    default:
      return "";
  }
}
