import "server-only";
import { AppError } from "#lib/errors.ts";
import { type Facts, requireRecord } from "#lib/grants/facts.ts";
import type { Confirmed } from "#lib/grants/schema.ts";
import { confirmPlan, emptyPlan, requireAllowed, shownPlan } from "#lib/grants/shown.ts";
import { movedInStack } from "#lib/grants/stack.ts";
import { rollbackWarning, serviceWarnings, warning } from "#lib/grants/warnings.ts";
import type { Plan, PlanWarning, ShownPlan } from "#lib/operations/schema.ts";
import { startOperation } from "#lib/operations/start.ts";
import { decide, type Permit } from "#lib/policy/permit.ts";
import type { Actor } from "#lib/policy/schema.ts";
import { isSameAsNow } from "#lib/secrets/compare.ts";
import { forgetting, valuesFor } from "#lib/secrets/values.ts";
import type { SecretObject } from "#lib/swarm/schema.ts";
import type { SecretValue } from "#lib/value.ts";
import { readFactsOfName } from "./facts.ts";
import { moveOf, retirementsOf } from "./move.ts";
import { keptAnswers, lastVersion, newVersion, oldValueAnswer } from "./new-version.ts";
import type { RotateInput } from "./schema.ts";

export async function planRotate(actor: Actor, input: RotateInput): Promise<ShownPlan> {
  requireAllowed(actor, "secret.rotate", { secretId: input.secretId });
  const facts = await readFactsOfName(input.secretId);
  return shownPlan(facts, rotatePlanOf(facts, input));
}

export async function rotateSecret(
  permit: Permit<"secret.rotate">,
  input: RotateInput & Confirmed,
  value: SecretValue | null = null,
) {
  const { secretId } = permit.subject;
  return forgetting(value, async () => {
    const facts = await readFactsOfName(secretId);
    const plan = confirmPlan(facts, rotatePlanOf(facts, { ...input, secretId }), input.fingerprint);
    await pointOutSameValue(permit.actor, { ...input, secretId }, value);
    return startOperation(permit, plan, { values: valuesFor(plan, value) });
  });
}

/** A new version, every service moved to it, and the old ones to the gate. Pure: what it says depends on the facts alone. */
export function rotatePlanOf(facts: Facts, input: RotateInput): Plan {
  const record = requireRecord(facts, input.secretId);
  const last = lastVersion(facts, record);
  const create = newVersion(facts, record, last.object, input);
  const { left, ...move } = moveOf(facts, record, { object: "created", versionId: create.versionId }, input);
  const oldValueStaysValid = oldValueAnswer(record, input);
  const plan: Plan = {
    ...emptyPlan(facts, "rotate"),
    secrets: [{ secretId: record.id, secretName: record.name, fromVersion: last.number, toVersion: create.number }],
    create: [create],
    ...move,
    retire: retirementsOf(record, left, input.keepSeconds ?? record.settings.keepSeconds),
    record: keptAnswers(record, input, oldValueStaysValid),
    oldValueStaysValid,
  };
  return { ...plan, warnings: warningsOf(facts, plan, last.object) };
}

/** Rotating to the value that is there already restarts everything and changes nothing: mostly a slip, sometimes meant. */
async function pointOutSameValue(actor: Actor, input: RotateInput, value: SecretValue | null): Promise<void> {
  if (input.isSameWanted || !(await isTheSame(actor, input, value))) return;
  throw new AppError(
    "invalid-input",
    "The Swarm says: this is the value that the secret has now. Enter another one, or confirm that you want the same.",
    { field: "isSameWanted" },
  );
}

/** A value that has leaked is never the one to go on with. */
export async function refuseLeakedValue(actor: Actor, input: RotateInput, value: SecretValue | null): Promise<void> {
  if (!(await isTheSame(actor, input, value))) return;
  throw new AppError("invalid-input", "The Swarm says: this is the value that has leaked. Enter another one.", {
    field: "value",
  });
}

async function isTheSame(actor: Actor, input: RotateInput, value: SecretValue | null): Promise<boolean> {
  if (input.source !== "typed" || !value) return false;
  const permit = decide(actor, "secret.compare", { secretId: input.secretId });
  return permit !== null && (await isSameAsNow(permit, value));
}

function warningsOf(facts: Facts, plan: Plan, from: SecretObject | null): PlanWarning[] {
  const [create] = plan.create;
  const inStacks =
    from && create ? movedInStack(plan.changes, { name: create.secretName, from, toName: create.objectName }) : [];
  return [...oldValueWarning(plan), ...serviceWarnings(facts, plan.changes), ...inStacks, ...rollbackWarning(plan)];
}

/** While services move one after another, some run the old value and some the new one. */
function oldValueWarning(plan: Plan): PlanWarning[] {
  if (plan.oldValueStaysValid) return [];
  const later =
    plan.order === "together" ? "" : ` With this order, services that wait would fail meanwhile: move them together.`;
  const sentence = `The old value stops working, so a failure puts nothing back: Skep stops there and asks you.${later}`;
  return [warning("old-value-must-stay-valid", sentence)];
}
