import "server-only";
import { AppError } from "#lib/errors.ts";
import { isSameGenerator } from "#lib/generate/schema.ts";
import { type Facts, readFacts, requireRecord } from "#lib/grants/facts.ts";
import type { Confirmed } from "#lib/grants/schema.ts";
import { confirmPlan, emptyPlan, requireAllowed, shownPlan } from "#lib/grants/shown.ts";
import type { Plan, SecretSettings, ShownPlan } from "#lib/operations/schema.ts";
import { startOperation } from "#lib/operations/start.ts";
import type { Permit } from "#lib/policy/permit.ts";
import type { Actor } from "#lib/policy/schema.ts";
import type { EditInput } from "./schema.ts";

export async function planEdit(actor: Actor, input: EditInput): Promise<ShownPlan> {
  requireAllowed(actor, "secret.edit", { secretId: input.secretId });
  const facts = await readFacts({ id: input.secretId });
  return shownPlan(facts, editPlanOf(facts, input));
}

export async function editSecret(permit: Permit<"secret.edit">, input: EditInput & Confirmed) {
  const { secretId } = permit.subject;
  const facts = await readFacts({ id: secretId });
  return startOperation(permit, confirmPlan(facts, editPlanOf(facts, { ...input, secretId }), input.fingerprint));
}

/** New settings; no service and no object is touched. */
export function editPlanOf(facts: Facts, input: EditInput): Plan {
  const record = requireRecord(facts, input.secretId);
  const { secretId, ...fields } = input;
  const after = settingsIn(fields);
  if (isSame(record.settings, after)) {
    throw new AppError("invalid-input", "These are the settings that it has already. Nothing is to be saved.");
  }
  return {
    ...emptyPlan(facts, "edit"),
    secrets: [{ secretId, secretName: record.name, fromVersion: null, toVersion: null }],
    record: [{ record: "edit", secretId, before: record.settings, after }],
  };
}

function settingsIn(fields: Omit<EditInput, "secretId">): SecretSettings {
  const { owner, description, tags, generator, order, soakSeconds, keepSeconds, oldStaysValid } = fields;
  return { owner, description, tags, generator, order, soakSeconds, keepSeconds, oldValueStaysValid: oldStaysValid };
}

function isSame(before: SecretSettings, after: SecretSettings): boolean {
  const rest = ({ generator: _beside, ...settings }: SecretSettings) => JSON.stringify(Object.entries(settings).sort());
  return isSameGenerator(before.generator, after.generator) && rest(before) === rest(after);
}
