import "server-only";
import { AppError } from "#lib/errors.ts";
import { isSameGenerator } from "#lib/generate/schema.ts";
import type { Facts } from "#lib/grants/facts.ts";
import type { SecretRecord } from "#lib/grants/records.ts";
import type { PlannedRecord, PlannedValue, PlannedVersion } from "#lib/operations/schema.ts";
import { carriedLabels } from "#lib/secrets/labels.ts";
import { nextNumber, objectNameOf } from "#lib/secrets/names.ts";
import { usualGenerator } from "#lib/secrets/schema.ts";
import type { SecretObject } from "#lib/swarm/schema.ts";
import type { RotateInput } from "./schema.ts";

/** The version that services should run. Its object may be gone: a rotation mends that. */
export function lastVersion(
  facts: Facts,
  record: SecretRecord,
): { number: number | null; object: SecretObject | null } {
  const version = record.versions.find(({ state }) => state === "current");
  return {
    number: version?.number ?? null,
    object: facts.objects.find(({ id }) => id === version?.objectId) ?? null,
  };
}

export function newVersion(
  facts: Facts,
  record: SecretRecord,
  last: SecretObject | null,
  input: Pick<RotateInput, "source" | "generator">,
): PlannedVersion {
  if (last?.driver) {
    const sentence = `The value of ${record.name} is delivered by the plugin ${last.driver}, not kept by the Swarm. Change it where the plugin reads it.`;
    throw new AppError("invalid-input", sentence);
  }
  const number = nextNumber(facts, record.name);
  return {
    secretId: record.id,
    secretName: record.name,
    versionId: facts.newId(),
    number,
    objectName: objectNameOf(record.name, number),
    value: plannedValue(record, input),
    labels: carriedLabels(last?.labels ?? {}),
    templating: last?.templating ?? null,
  };
}

/** R7: for a typed value only a person can know; Skep asks once, without a default, and keeps the answer. */
export function oldValueAnswer(record: SecretRecord, input: Pick<RotateInput, "source" | "oldStaysValid">): boolean {
  const answer = input.oldStaysValid ?? record.settings.oldValueStaysValid;
  if (answer !== null) return answer;
  if (input.source !== "typed") return true;
  throw new AppError("invalid-input", "Say whether the old value goes on working while services move to the new one.", {
    field: "oldStaysValid",
  });
}

export function keptAnswers(
  record: SecretRecord,
  input: Pick<RotateInput, "source" | "oldStaysValid" | "generator">,
  oldValueStaysValid: boolean,
): PlannedRecord[] {
  const { settings } = record;
  const isAnswered = input.oldStaysValid !== null;
  const after = {
    ...settings,
    oldValueStaysValid: isAnswered ? oldValueStaysValid : settings.oldValueStaysValid,
    // The one that was used last is the one for the next click.
    generator: input.source === "typed" ? settings.generator : (input.generator ?? settings.generator),
  };
  const isSame =
    after.oldValueStaysValid === settings.oldValueStaysValid && isSameGenerator(after.generator, settings.generator);
  return isSame ? [] : [{ record: "edit", secretId: record.id, before: settings, after }];
}

function plannedValue(
  record: SecretRecord,
  { source, generator }: Pick<RotateInput, "source" | "generator">,
): PlannedValue {
  if (source === "typed") return { from: "typed" };
  return { from: source, generator: generator ?? record.settings.generator ?? usualGenerator };
}
