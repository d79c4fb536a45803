import "server-only";
import { AppError } from "#lib/errors.ts";
import { inOrder, plannedChange } from "#lib/grants/change.ts";
import { type Facts, livingVersions, requireRecord } from "#lib/grants/facts.ts";
import type { SecretRecord, VersionRecord } from "#lib/grants/records.ts";
import { defaultAtMost } from "#lib/grants/shown.ts";
import type { Plan, PlannedChange, PlannedEdit, PlannedRetirement, ReferenceEnd } from "#lib/operations/schema.ts";
import type { Order } from "#lib/settings/schema.ts";
import type { ServiceObject } from "#lib/swarm/schema.ts";
import type { RotateInput } from "./schema.ts";

export type MoveChoices = Pick<
  RotateInput,
  "order" | "canaryServiceId" | "soakSeconds" | "include" | "leaveOut" | "isUnbounded"
>;

export type Move = Pick<Plan, "changes" | "order" | "canaryServiceId" | "atMost"> & {
  /** The versions that services leave. */
  left: (VersionRecord & { objectId: string })[];
};

/** Moves every service that names another version of the secret, whichever, to one end. */
export function moveOf(facts: Facts, record: SecretRecord, to: ReferenceEnd, choices: MoveChoices): Move {
  const stay = to.object === "existing" ? to.objectId : null;
  const others = livingVersions(facts, record).filter(({ objectId }) => objectId !== stay);
  const ids = new Set(others.map(({ objectId }) => objectId));
  const holders = facts.services.filter(({ references }) => references.some(({ objectId }) => ids.has(objectId)));
  const used = new Set(holders.flatMap(({ references }) => references.map(({ objectId }) => objectId)));
  const left = others.filter(({ objectId, state }) => used.has(objectId) || state === "current");
  const fromObjectIds = left.map(({ objectId }) => objectId).sort();
  const changes = holders.map((service) => {
    const edit: PlannedEdit = { edit: "replace", fromObjectIds, to, targets: targetsOf(service, ids) };
    const soakSeconds = choices.soakSeconds ?? record.settings.soakSeconds;
    return plannedChange(facts, service, [edit], { soakSeconds, leftOut: leftOutOf(facts, service, choices) });
  });
  return { ...orderOf(facts, changes, choices, record.settings.order), left };
}

/** The versions that services leave go through the gate, when they have been kept for as long as they should. */
export function retirementsOf(record: SecretRecord, left: Move["left"], keepSeconds: number): PlannedRetirement[] {
  return left.map(({ id, objectId, objectName }) => ({
    secretId: record.id,
    secretName: record.name,
    versionId: id,
    objectId,
    objectName,
    keepSeconds,
  }));
}

function targetsOf({ references }: ServiceObject, ids: ReadonlySet<string>): string[] {
  return references.filter(({ objectId }) => ids.has(objectId)).map(({ target }) => target);
}

function leftOutOf(facts: Facts, { id }: ServiceObject, choices: MoveChoices): PlannedChange["leftOut"] {
  if (choices.leaveOut.includes(id)) return "by-choice";
  return facts.kinds.get(id) === "runs-to-end" && !choices.include.includes(id) ? "runs-to-end" : null;
}

function orderOf(facts: Facts, changes: PlannedChange[], choices: MoveChoices, usual: Order): Omit<Move, "left"> {
  const moving = changes.filter(({ leftOut }) => leftOut === null);
  const order = moving.length > 1 ? (choices.order ?? usual) : "together";
  const canaryServiceId = order === "canary" ? canaryOf(facts, moving, choices.canaryServiceId) : null;
  const atMost = choices.isUnbounded ? null : defaultAtMost;
  return { order, canaryServiceId, atMost, changes: inOrder(changes, canaryServiceId) };
}

/** The one that tells most for the least: its health can be seen, and it has few tasks. */
function canaryOf(facts: Facts, moving: PlannedChange[], chosen: string | undefined): string | null {
  if (chosen !== undefined) {
    const change = moving.find(({ serviceId }) => serviceId === chosen);
    if (change && change.kind !== "asleep") return chosen;
    const name = facts.services.find(({ id }) => id === chosen)?.name ?? "This service";
    throw new AppError("invalid-input", `${name} is not moved by this plan, or has no tasks. Choose another canary.`, {
      field: "canaryServiceId",
    });
  }
  const rank = (change: PlannedChange) => [
    change.kind === "long-running" ? 0 : change.kind === "runs-to-end" ? 1 : 2,
    change.isSkep ? 1 : 0,
    change.hasHealthCheck ? 0 : 1,
    change.tasks,
  ];
  const best = moving.toSorted((a, b) => compare(rank(a), rank(b)) || a.serviceName.localeCompare(b.serviceName))[0];
  return best && best.kind !== "asleep" ? best.serviceId : null;
}

function compare(a: number[], b: number[]): number {
  const place = a.findIndex((value, index) => value !== b[index]);
  return place === -1 ? 0 : (a[place] ?? 0) - (b[place] ?? 0);
}

/** Every version that the Swarm still has, at once: for a value that has leaked, the unused older ones count too. */
export function everyLivingVersion(facts: Facts, secretId: string): PlannedRetirement[] {
  const record = requireRecord(facts, secretId);
  return retirementsOf(record, livingVersions(facts, record), 0);
}
