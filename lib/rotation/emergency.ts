import "server-only";
import type { Facts } from "#lib/grants/facts.ts";
import type { Confirmed } from "#lib/grants/schema.ts";
import { confirmPlan, requireAllowed, shownPlan } from "#lib/grants/shown.ts";
import { warning } from "#lib/grants/warnings.ts";
import type { Plan, ShownPlan } from "#lib/operations/schema.ts";
import { startOperation } from "#lib/operations/start.ts";
import type { Permit } from "#lib/policy/permit.ts";
import type { Actor } from "#lib/policy/schema.ts";
import { forgetting, valuesFor } from "#lib/secrets/values.ts";
import type { SecretValue } from "#lib/value.ts";
import { readFactsOfNames } from "./facts.ts";
import { everyLivingVersion } from "./move.ts";
import { rotatePlanOf } from "./rotate.ts";
import { refuseLeakedValue } from "./same-value.ts";
import type { EmergencyInput } from "./schema.ts";

export async function planEmergency(actor: Actor, input: EmergencyInput): Promise<ShownPlan> {
  requireAllowed(actor, "secret.rotate-emergency", { secretId: input.secretId });
  const facts = await readFactsOfNames([input.secretId]);
  return shownPlan(facts, emergencyPlanOf(facts, input));
}

export async function rotateInEmergency(
  permit: Permit<"secret.rotate-emergency">,
  input: EmergencyInput & Confirmed,
  value: SecretValue | null = null,
) {
  const { secretId } = permit.subject;
  return forgetting([value], async () => {
    const facts = await readFactsOfNames([secretId]);
    const plan = confirmPlan(facts, emergencyPlanOf(facts, { ...input, secretId }), input.fingerprint);
    const typed = valuesFor(plan, () => ({ value, field: "value" }));
    await refuseLeakedValue(permit.actor, facts, { plan, typed });
    return startOperation(permit, plan, { values: typed });
  });
}

/** A rotation of a value that has leaked: every older version goes at once, released where only a previous spec holds it. */
export function emergencyPlanOf(facts: Facts, input: EmergencyInput): Plan {
  const plan = rotatePlanOf(facts, { ...input, keepSeconds: 0 });
  return {
    ...plan,
    kind: "rotate-emergency",
    reason: input.reason,
    retire: everyLivingVersion(facts, input.secretId).map((each) => ({
      ...each,
      isStackConfirmed: input.isStackConfirmed,
    })),
    warnings: [warning("emergency-limits", limits), ...plan.warnings],
  };
}

const limits =
  "Skep replaces the value in the Swarm only. Change it at its source as well; older Raft snapshots and backups of managers still hold it, and so does whoever has read it.";
