import "server-only";
import { AppError } from "#lib/errors.ts";
import { isSameGenerator } from "#lib/generate/schema.ts";
import { type Facts, requireRecord } from "#lib/grants/facts.ts";
import type { Confirmed } from "#lib/grants/schema.ts";
import { confirmPlan, requireAllowed, shownPlan } from "#lib/grants/shown.ts";
import { warning } from "#lib/grants/warnings.ts";
import type { Plan, PlannedRecord, PlanWarning, ShownPlan } from "#lib/operations/schema.ts";
import { startOperation } from "#lib/operations/start.ts";
import type { Permit } from "#lib/policy/permit.ts";
import type { Actor } from "#lib/policy/schema.ts";
import { forgetting, valuesFor } from "#lib/secrets/values.ts";
import type { SecretValue } from "#lib/value.ts";
import { someOf } from "#lib/words.ts";
import { readFactsTogether } from "./facts.ts";
import { groupPlanOf } from "./group.ts";
import { everyLivingVersion } from "./move.ts";
import { groupOfOne } from "./rotate.ts";
import { refuseLeakedSource, refuseLeakedValue } from "./same-value.ts";
import type { EmergencyInput } from "./schema.ts";

export async function planEmergency(actor: Actor, input: EmergencyInput): Promise<ShownPlan> {
  requireAllowed(actor, "secret.rotate-emergency", { secretId: input.secretId });
  const facts = await readFactsTogether(input.secretId);
  return shownPlan(facts, emergencyPlanOf(facts, input));
}

export async function rotateInEmergency(
  permit: Permit<"secret.rotate-emergency">,
  input: EmergencyInput & Confirmed,
  value: SecretValue | null = null,
) {
  const { secretId } = permit.subject;
  return forgetting([value], async () => {
    const facts = await readFactsTogether(secretId);
    const plan = confirmPlan(facts, emergencyPlanOf(facts, { ...input, secretId }), input.fingerprint);
    const typed = valuesFor(plan, () => ({ value, field: "value" }));
    await refuseLeakedValue(permit.actor, facts, { plan, typed });
    return startOperation(permit, plan, { values: typed });
  });
}

/** A rotation of a value that has leaked: every older version goes at once, released where only a previous spec holds it. */
export function emergencyPlanOf(facts: Facts, input: EmergencyInput): Plan {
  if (input.source === "source") refuseLeakedSource(requireRecord(facts, input.secretId));
  const mayGoBack = input.oldStaysValid ?? false;
  const asked = groupOfOne({ ...input, oldStaysValid: mayGoBack, keepSeconds: 0 });
  const secretIds = leakedTogether(facts, input);
  const secrets = secretIds.flatMap((secretId) => asked.secrets.map((secret) => ({ ...secret, secretId })));
  const plan = groupPlanOf(facts, { ...asked, secrets }, { isLeaked: true });
  const isMoving = plan.changes.some(({ leftOut }) => leftOut === null);
  const mayAsk = (plan.rotators ?? []).every(({ keepsOld }) => keepsOld);
  if (isMoving && mayAsk && input.oldStaysValid === null) throw unanswered(input.secretId);
  return {
    ...plan,
    kind: "rotate-emergency",
    reason: input.reason,
    record: withoutAnswer(plan.record),
    retire: secretIds
      .flatMap((secretId) => everyLivingVersion(facts, secretId))
      .map((each) => ({
        ...each,
        isStackConfirmed: input.isStackConfirmed,
      })),
    warnings: [
      warning("emergency-limits", limitsOf(plan)),
      ...leftOnLeaked(plan),
      ...plan.warnings.filter(({ code }) => code !== "old-value-must-stay-valid"),
    ],
  };
}

/** One password in several secrets has leaked with any of them. */
function leakedTogether(facts: Facts, { secretId, source }: EmergencyInput): string[] {
  const { attachment } = requireRecord(facts, secretId);
  return source === "rotator" && attachment ? attachment.together.map(({ id }) => id) : [secretId];
}

/** Whether a failure may bring a leaked value back is asked each time: it is another question than for a rotation by plan. */
function unanswered(secretId: string): AppError {
  const sentence = "Say whether a service that fails may go back to the value that has leaked.";
  return new AppError("invalid-input", sentence, { field: `oldStaysValid:${secretId}` });
}

/** The answer is for this emergency alone; what the secret's settings say of other rotations stays. */
function withoutAnswer(record: readonly PlannedRecord[]): PlannedRecord[] {
  return record.flatMap((each) => {
    if (each.record !== "edit") return each;
    const after = { ...each.after, oldValueStaysValid: each.before.oldValueStaysValid };
    return isSameGenerator(after.generator, each.before.generator) ? [] : { ...each, after };
  });
}

/** What stays behind keeps the leaked version in the Swarm: the button must not say more than that. */
function leftOnLeaked({ changes, rotators = [] }: Plan): PlanWarning[] {
  const names = changes.flatMap(({ leftOut, serviceName }) => (leftOut === null ? [] : serviceName));
  if (names.length === 0) return [];
  const isOne = names.length === 1;
  const [is, goes, it] = isOne ? ["is", "goes", "it names"] : ["are", "go", "they name"];
  const where = rotators.map(({ rotatorName }) => rotatorName);
  const dead =
    where.length > 0
      ? ` ${someOf(where)} takes it no more in the end: ${isOne ? "it" : "they"} cannot sign in anew then.`
      : "";
  const sentence = `${someOf(names)} ${is} left out and ${goes} on with the value that has leaked: its version stays in the Swarm for as long as ${it} it.${dead}`;
  return [warning("emergency-limits", sentence)];
}

/** Of a password that a rotator sets, what else is to be done is another thing. */
function limitsOf({ rotators = [] }: Plan): string {
  if (rotators.length === 0) return limits;
  const names = someOf(rotators.map(({ rotatorName }) => rotatorName));
  return `Skep replaces the password in the Swarm and at ${names}. Sessions that are open stay so: end them there. Older Raft snapshots and backups of managers still hold the old one, and so does whoever has read it.`;
}

const limits =
  "Skep replaces the value in the Swarm only. Change it at its source as well; older Raft snapshots and backups of managers still hold it, and so does whoever has read it.";
