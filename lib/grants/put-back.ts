import "server-only";
import { AppError } from "#lib/errors.ts";
import type { Plan, PlannedChange, PlannedEdit, ShownPlan } from "#lib/operations/schema.ts";
import { startOperation } from "#lib/operations/start.ts";
import type { Permit } from "#lib/policy/permit.ts";
import type { Actor } from "#lib/policy/schema.ts";
import type { SecretObject } from "#lib/swarm/schema.ts";
import { agreeing, someOf } from "#lib/words.ts";
import { plannedChange } from "./change.ts";
import { deadPassword } from "./dead-password.ts";
import { type Drift, driftOf } from "./drift.ts";
import { type Facts, readFacts, requireCurrent, requireRecord } from "./facts.ts";
import { holdersOf } from "./grant.ts";
import type { SecretRecord, VersionRecord } from "./records.ts";
import { readAccessWarning } from "./resolve.ts";
import type { Confirmed, PutBackInput } from "./schema.ts";
import { confirmPlan, emptyPlan, requireAllowed, shownPlan } from "./shown.ts";
import { movedInStack } from "./stack.ts";
import { takenBack } from "./taken-back.ts";
import { serviceWarnings } from "./warnings.ts";

export async function planPutBack(actor: Actor, input: PutBackInput): Promise<ShownPlan> {
  requireAllowed(actor, "secret.put-back", { secretId: input.secretId });
  const facts = await readFacts({ id: input.secretId });
  return shownPlan(facts, putBackPlanOf(facts, input));
}

export async function putBackSecret(permit: Permit<"secret.put-back">, input: PutBackInput & Confirmed) {
  const { secretId } = permit.subject;
  const facts = await readFacts({ id: secretId });
  return startOperation(permit, confirmPlan(facts, putBackPlanOf(facts, { ...input, secretId }), input.fingerprint));
}

/** Services are set as the record says: the recorded version, or the current one where that is gone from the Swarm, has leaked, or works no more. */
export function putBackPlanOf(facts: Facts, input: PutBackInput): Plan {
  const record = requireRecord(facts, input.secretId);
  const { version, object } = requireCurrent(facts, record);
  const isUnfit = ({ id, isLeaked }: VersionRecord) => isLeaked || deadPassword(record, id) !== null;
  const unfit = new Set(record.versions.filter(isUnfit).flatMap(({ objectId }) => objectId ?? []));
  const sound = facts.objects.filter(({ id }) => !unfit.has(id));
  // What the record has of these is what must not come back, and they have what is to be in its place.
  const isSettled = ({ kind, recorded, actual }: Drift) =>
    kind === "other-version" && unfit.has(recorded?.objectId ?? "") && actual?.objectId === object.id;
  const services = new Map(facts.services.map((service) => [service.id, service]));
  const found = driftOf(record, (id) => services.get(id), holdersOf(facts, record)).filter(
    ({ service }) => input.serviceIds.length === 0 || input.serviceIds.includes(service.id),
  );
  const unsettled = found.filter((each) => !isSettled(each));
  const parted = partedBy(record, unsettled);
  const drift = unsettled.filter((each) => !parted.includes(each));
  if (drift.length === 0 && parted.length > 0) throw refusedApart(record, parted, object);
  if (drift.length === 0 && found.length > 0) {
    const sentence = `The version that is recorded of ${record.name} has leaked or works no more, and its services have the present one. Take the drift over instead.`;
    throw new AppError("invalid-input", sentence);
  }
  if (drift.length === 0) {
    throw new AppError("not-found", `Every service has ${record.name} as recorded. Nothing is to be put back.`);
  }
  const changes = [...Map.groupBy(drift, ({ service }) => service).entries()].map(([service, found]) =>
    plannedChange(
      facts,
      service,
      found.flatMap((each) => editsFor(each, endFor(sound, each, object))),
      { soakSeconds: record.settings.soakSeconds },
    ),
  );
  const isCurrent = ({ edits }: PlannedChange) => edits.some((edit) => givesObject(edit, object.id));
  const kept = changes.some(isCurrent) ? takenBack(record) : { record: [], warnings: [] };
  const granted = drift.filter(({ kind }) => kind === "gone").map(({ service }) => service.name);
  return {
    ...emptyPlan(facts, "put-back"),
    secrets: [{ secretId: record.id, secretName: record.name, fromVersion: null, toVersion: version.number }],
    changes: changes.toSorted((a, b) => a.serviceName.localeCompare(b.serviceName)),
    record: kept.record,
    warnings: [
      ...kept.warnings,
      ...(granted.length > 0 ? [readAccessWarning(granted.join(", "))] : []),
      ...movedInStack([{ name: record.name, from: fromObject(facts, drift) ?? object, toName: object.name, changes }]),
      ...serviceWarnings(facts, changes),
    ],
  };
}

/** Of secrets with one password one alone would have the user of one login beside the password of the other. */
function partedBy({ id, versions, attachment }: SecretRecord, drift: readonly Drift[]): Drift[] {
  if (!attachment?.together.some((other) => other.id !== id)) return [];
  const own = new Set(versions.map(({ objectId }) => objectId));
  return drift.filter(({ kind, actual }) => kind === "other-version" && own.has(actual?.objectId ?? null));
}

function refusedApart({ id, name, attachment }: SecretRecord, parted: readonly Drift[], current: SecretObject) {
  const others = attachment?.together.filter((other) => other.id !== id).map((other) => other.name) ?? [];
  const have = agreeing(others.length, "has", "have");
  const way = parted.every(({ actual }) => actual?.objectId === current.id)
    ? "Take the drift over instead."
    : `Move the services to the current version of ${name} instead: the others move with it.`;
  const sentence = `${someOf(others)} ${have} the same password of ${attachment?.rotatorName}, and would stay as they are. ${way}`;
  return new AppError("invalid-input", sentence);
}

type End = Extract<PlannedEdit, { edit: "add" }>["to"];

function endFor(objects: SecretObject[], { recorded }: Drift, current: { id: string; name: string }): End {
  const there = objects.find(({ id }) => id === recorded?.objectId) ?? current;
  return { object: "existing", objectId: there.id, objectName: there.name };
}

function editsFor({ recorded, actual, target }: Drift, to: End): PlannedEdit[] {
  if (!recorded) return actual ? [{ edit: "remove", objectId: actual.objectId, target: actual.target }] : [];
  const { uid, gid, mode } = recorded;
  if (!actual) return [{ edit: "add", to, target, uid, gid, mode }];
  return [{ edit: "set-file", objectId: actual.objectId, target: actual.target, to, uid, gid, mode }];
}

function givesObject(edit: PlannedEdit, objectId: string): boolean {
  return edit.edit !== "remove" && edit.to.object === "existing" && edit.to.objectId === objectId;
}

function fromObject(facts: Facts, drift: Drift[]) {
  const ids = new Set(drift.map(({ actual }) => actual?.objectId));
  return facts.objects.find(({ id }) => ids.has(id));
}
