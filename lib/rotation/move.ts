import "server-only";
import { AppError } from "#lib/errors.ts";
import { inOrder, plannedChange } from "#lib/grants/change.ts";
import { type Facts, livingVersions, requireRecord } from "#lib/grants/facts.ts";
import type { SecretRecord, VersionRecord } from "#lib/grants/records.ts";
import { defaultAtMost } from "#lib/grants/shown.ts";
import type { Plan, PlannedChange, PlannedEdit, PlannedRetirement, ReferenceEnd } from "#lib/operations/schema.ts";
import type { Order } from "#lib/settings/schema.ts";
import { soakSecondsOf } from "#lib/swarm/kind.ts";
import type { ServiceObject } from "#lib/swarm/schema.ts";
import { type MoveInput, mostCareful } from "./schema.ts";

export type MoveChoices = Pick<
  MoveInput,
  "order" | "canaryServiceId" | "soakSeconds" | "include" | "leaveOut" | "isUnbounded"
>;

/** Where every reference to a secret goes, whichever of its versions it names. */
export type Destination = { record: SecretRecord; to: ReferenceEnd };

export type LeftVersion = VersionRecord & { objectId: string };

export type Move = Pick<Plan, "changes" | "order" | "canaryServiceId" | "atMost"> & {
  /** The versions that services leave, secret by secret. */
  left: { record: SecretRecord; versions: LeftVersion[] }[];
};

/** Moves every service that names another version of these secrets: once, with all of them that it has. */
export function moveOf(facts: Facts, destinations: readonly Destination[], choices: MoveChoices): Move {
  const used = new Set(facts.services.flatMap(({ references }) => references.map(({ objectId }) => objectId)));
  const departures = destinations.map((destination) => departureOf(facts, destination, used));
  const changes = facts.services.flatMap((service) => changeOf(facts, service, departures, choices));
  const usual = mostCareful(destinations.map(({ record }) => record.settings.order));
  return {
    ...orderOf(facts, changes, choices, usual),
    left: departures.map(({ record, left }) => ({ record, versions: left })),
  };
}

/** A destination, with what is left for it: every other version that the Swarm has. */
type Departure = Destination & { objectIds: ReadonlySet<string>; left: LeftVersion[] };

function departureOf(facts: Facts, { record, to }: Destination, used: ReadonlySet<string>): Departure {
  const stay = to.object === "existing" ? to.objectId : null;
  const others = livingVersions(facts, record).filter(({ objectId }) => objectId !== stay);
  const left = others.filter(({ objectId, state }) => used.has(objectId) || state === "current");
  return { record, to, left, objectIds: new Set(others.map(({ objectId }) => objectId)) };
}

/** The longest soak that one of its secrets asks for: what is slow to fail with one value is no faster with two. */
function changeOf(
  facts: Facts,
  service: ServiceObject,
  departures: readonly Departure[],
  choices: MoveChoices,
): PlannedChange[] {
  const held = departures.filter(({ objectIds }) => service.references.some(({ objectId }) => objectIds.has(objectId)));
  if (held.length === 0) return [];
  const edits = held.map(({ to, left, objectIds }): PlannedEdit => {
    const fromObjectIds = left.map(({ objectId }) => objectId).sort();
    return { edit: "replace", fromObjectIds, to, targets: targetsOf(service, objectIds) };
  });
  const usual = soakSecondsOf(service);
  const soaks = held.map(({ record }) => choices.soakSeconds ?? record.settings.soakSeconds ?? usual);
  const leftOut = leftOutOf(facts, service, choices);
  return [plannedChange(facts, service, edits, { soakSeconds: Math.max(...soaks), leftOut })];
}

/** The versions that services leave go through the gate, when they have been kept for as long as they should. */
export function retirementsOf(
  record: SecretRecord,
  left: readonly LeftVersion[],
  keepSeconds: number,
): PlannedRetirement[] {
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
