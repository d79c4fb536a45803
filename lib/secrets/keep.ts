import "server-only";
import { AppError } from "#lib/errors.ts";
import { type Facts, readFacts, requireRecord } from "#lib/grants/facts.ts";
import type { Confirmed } from "#lib/grants/schema.ts";
import { confirmPlan, emptyPlan, requireAllowed, shownPlan } from "#lib/grants/shown.ts";
import { retiringCurrent, takenBack } from "#lib/grants/taken-back.ts";
import type { Plan, ShownPlan } from "#lib/operations/schema.ts";
import { startOperation } from "#lib/operations/start.ts";
import type { Permit } from "#lib/policy/permit.ts";
import type { Actor } from "#lib/policy/schema.ts";
import type { KeepInput } from "./schema.ts";

export async function planKeep(actor: Actor, input: KeepInput): Promise<ShownPlan> {
  requireAllowed(actor, "secret.keep", { secretId: input.secretId });
  const facts = await readFacts({ id: input.secretId });
  return shownPlan(facts, keepPlanOf(facts, input));
}

export async function keepSecret(permit: Permit<"secret.keep">, input: KeepInput & Confirmed) {
  const { secretId } = permit.subject;
  const facts = await readFacts({ id: secretId });
  return startOperation(permit, confirmPlan(facts, keepPlanOf(facts, { secretId }), input.fingerprint));
}

/** The retirement of the whole secret, as long as it waits, is taken back. Nothing is written to the Swarm. */
export function keepPlanOf(facts: Facts, input: KeepInput): Plan {
  const record = requireRecord(facts, input.secretId);
  const version = retiringCurrent(record);
  if (!version) {
    throw new AppError("not-found", `Nobody asks for the removal of ${record.name}. There is nothing to take back.`);
  }
  return {
    ...emptyPlan(facts, "keep"),
    secrets: [{ secretId: record.id, secretName: record.name, fromVersion: null, toVersion: version.number }],
    ...takenBack(record),
  };
}
