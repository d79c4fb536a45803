import "server-only";
import { AppError } from "#lib/errors.ts";
import { isSameGenerator } from "#lib/generate/schema.ts";
import type { Facts } from "#lib/grants/facts.ts";
import type { AttachmentRecord, SecretRecord } from "#lib/grants/records.ts";
import { warning } from "#lib/grants/warnings.ts";
import type { PlannedValue, RotatedValue, SourcedValue } from "#lib/operations/planned-value.ts";
import type { Plan, PlannedRecord, PlannedVersion, PlanWarning, SecretSettings } from "#lib/operations/schema.ts";
import { carriedKeys } from "#lib/secrets/labels.ts";
import { nextNumber, objectNameOf } from "#lib/secrets/names.ts";
import { usualGenerator } from "#lib/secrets/schema.ts";
import type { SecretObject } from "#lib/swarm/schema.ts";
import { shownVersionId } from "#lib/words.ts";
import type { NewValueInput } from "./schema.ts";

/**
 * What is asked for a secret. `sourceVersionId` is no field of any form: the sync says which version it has seen; for
 * people it is the newest.
 */
export type AskedValue = NewValueInput & { sourceVersionId?: string | undefined };

/** One secret of those that are rotated together: what is asked for it, and the version that its services should run. */
export type Member = { record: SecretRecord; input: AskedValue; last: LastVersion };

type LastVersion = { number: number | null; object: SecretObject | null };

/** The version that services should run. Its object may be gone: a rotation mends that. */
export function lastVersion(facts: Facts, record: SecretRecord): LastVersion {
  const version = record.versions.find(({ state }) => state === "current");
  return {
    number: version?.number ?? null,
    object: facts.objects.find(({ id }) => id === version?.objectId) ?? null,
  };
}

export function newVersion(facts: Facts, { record, input, last: { object } }: Member): PlannedVersion {
  const number = nextNumber(facts, record.name);
  return {
    secretId: record.id,
    secretName: record.name,
    versionId: facts.newId(),
    number,
    objectName: objectNameOf(record.name, number),
    value: plannedValue(record, input),
    labelsOf: object && { objectId: object.id, keys: carriedKeys(object.labels) },
    templating: object?.templating ?? null,
  };
}

/** What a plugin delivers is not in the Swarm: a new version of it would hold the wrong thing. */
export function refusePlugins(members: readonly Member[]): void {
  const delivered = members.filter(({ last }) => last.object?.driver);
  const [first] = delivered;
  if (!first) return;
  if (delivered.length === 1) {
    const sentence = `The value of ${first.record.name} is delivered by the plugin ${first.last.object?.driver}, not kept by the Swarm. Change it where the plugin reads it.`;
    throw new AppError("invalid-input", sentence);
  }
  const names = namesOf(delivered.map(({ record }) => record));
  const sentence = `The values of ${names} are delivered by plugins, not kept by the Swarm. Change them where the plugins read them.`;
  throw new AppError("invalid-input", sentence);
}

/** What was answered and chosen now is what the next rotation begins with. */
export function keptAnswers({ record: { id, settings }, input }: Pick<Member, "record" | "input">): PlannedRecord[] {
  const after = {
    ...settings,
    oldValueStaysValid: input.oldStaysValid ?? settings.oldValueStaysValid,
    generator: keptGenerator(input, settings.generator),
  };
  const isSame =
    after.oldValueStaysValid === settings.oldValueStaysValid && isSameGenerator(after.generator, settings.generator);
  return isSame ? [] : [{ record: "edit", secretId: id, before: settings, after }];
}

/**
 * The one that was used last is the one for the next click. A value that a person had to see does not make the secret
 * one whose values nobody sees.
 */
function keptGenerator({ source, generator }: NewValueInput, before: SecretSettings["generator"]) {
  if (source !== "generated" && (source !== "shown" || before === null)) return before;
  return generator ?? before;
}

/** The value is known to her when the Swarm has it, and by then services move. */
export function shownWarning({ changes }: Plan, members: readonly Member[]): PlanWarning[] {
  const isShown = members.some(({ input }) => input.source === "shown");
  if (!isShown || changes.every(({ leftOut }) => leftOut !== null)) return [];
  const sentence =
    "Services move as soon as the Swarm has the value, while you read it. Where something else has to know it before them, such as a database, type a value that it knows already.";
  return [warning("shown-while-moving", sentence)];
}

/** The version at the source that the Swarm has already: everything would restart with the value that it has. */
export function sameVersionWarning(made: readonly (Member & { create: PlannedVersion })[]): PlanWarning[] {
  return made.flatMap(({ record, create: { value } }) => {
    if (value.from !== "source" || value.sourceVersionId === null) return [];
    const current = record.versions.find(({ state }) => state === "current");
    if (current?.sourceVersionId !== value.sourceVersionId) return [];
    const { path, sourceName, sourceVersionId } = value;
    const sentence = `${record.name} has version ${shownVersionId(sourceVersionId)} of ${path} at ${sourceName} already: its services would restart with the value that they have.`;
    return [warning("same-value", sentence)];
  });
}

/** Of a version that was seen: which value comes is then said by the plan, and not by the moment. */
function sourcedValue({ name, binding, versions }: SecretRecord, chosen: string | undefined): SourcedValue {
  if (!binding) {
    throw new AppError("invalid-input", `${name} is bound to no source. Bind it first, or choose another value.`, {
      field: "source",
    });
  }
  const { id: bindingId, sourceId, sourceName, path, take, newestId } = binding;
  const sourceVersionId = chosen ?? newestId;
  const leaked = versions.find(
    ({ isLeaked, sourceVersionId: id }) => isLeaked && id !== null && id === sourceVersionId,
  );
  if (leaked?.sourceVersionId) {
    throw refusedAsLeaked(name, `${shownVersionId(leaked.sourceVersionId)} of ${path} at ${sourceName}`);
  }
  return { from: "source", bindingId, sourceId, sourceName, path, take, sourceVersionId };
}

/** Who may rotate may rotate to anything that the source has, so a leaked value is refused to everybody. */
function refusedAsLeaked(name: string, version: string): AppError {
  const sentence = `Version ${version} has leaked: an emergency rotation of ${name} says so. Change it at the source, then take it from there.`;
  return new AppError("invalid-input", sentence, { field: "source" });
}

/** Every one by its name: who is told of "some" would have to look for them. */
export function namesOf(records: readonly SecretRecord[]): string {
  const names = records.map(({ name }) => name);
  const last = names.at(-1) ?? "";
  return names.length < 2 ? last : `${names.slice(0, -1).join(", ")} and ${last}`;
}

/** The other side that is told of a new password, or the sentence that says that there is none. */
export function requireAttachment({ name, attachment }: SecretRecord): AttachmentRecord {
  if (attachment) return attachment;
  const sentence = `${name} is attached to no rotator. Attach it first, or choose another value.`;
  throw new AppError("invalid-input", sentence, { field: "source" });
}

function rotatedValue(record: SecretRecord): RotatedValue {
  const { rotatorId, template } = requireAttachment(record);
  return { from: "rotator", rotatorId, template };
}

function plannedValue(record: SecretRecord, { source, generator, sourceVersionId }: AskedValue): PlannedValue {
  if (source === "typed") return { from: "typed" };
  if (source === "source") return sourcedValue(record, sourceVersionId);
  if (source === "rotator") return rotatedValue(record);
  return { from: source, generator: generator ?? record.settings.generator ?? usualGenerator };
}
