import "server-only";
import type { Facts } from "#lib/grants/facts.ts";
import type { Confirmed } from "#lib/grants/schema.ts";
import type { Plan, ShownPlan } from "#lib/operations/schema.ts";
import type { Permit } from "#lib/policy/permit.ts";
import type { Actor } from "#lib/policy/schema.ts";
import type { SecretValue } from "#lib/value.ts";
import { groupPlanOf, planGroup, rotateGroup } from "./group.ts";
import type { GroupInput, RotateInput } from "./schema.ts";

export async function planRotate(actor: Actor, input: RotateInput): Promise<ShownPlan> {
  return planGroup(actor, groupOfOne(input));
}

export async function rotateSecret(
  permit: Permit<"secret.rotate">,
  input: RotateInput & Confirmed,
  value: SecretValue | null = null,
) {
  const group = { ...groupOfOne(input), fingerprint: input.fingerprint };
  return rotateGroup(permit, group, value ? new Map([[input.secretId, value]]) : new Map());
}

export function rotatePlanOf(facts: Facts, input: RotateInput): Plan {
  return groupPlanOf(facts, groupOfOne(input));
}

/** To rotate one secret is to rotate a group of one: there is no other way. */
export function groupOfOne({
  secretId,
  source,
  generator,
  oldStaysValid,
  isSameWanted,
  ...move
}: RotateInput): GroupInput {
  return {
    ...move,
    secrets: [{ secretId, source, generator, oldStaysValid }],
    isSameWanted: isSameWanted ? [secretId] : [],
  };
}
