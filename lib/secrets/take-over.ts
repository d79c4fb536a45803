import "server-only";
import { AppError } from "#lib/errors.ts";
import { driftOf } from "#lib/grants/drift.ts";
import { type Facts, readFacts, requireRecord } from "#lib/grants/facts.ts";
import { holdersOf } from "#lib/grants/grant.ts";
import type { Confirmed } from "#lib/grants/schema.ts";
import { confirmPlan, emptyPlan, requireAllowed, shownPlan } from "#lib/grants/shown.ts";
import { retiringCurrent, takenBack } from "#lib/grants/taken-back.ts";
import type { Plan, ShownPlan } from "#lib/operations/schema.ts";
import { startOperation } from "#lib/operations/start.ts";
import type { Permit } from "#lib/policy/permit.ts";
import type { Actor } from "#lib/policy/schema.ts";
import type { TakeOverInput } from "./schema.ts";

export async function planTakeOver(actor: Actor, input: TakeOverInput): Promise<ShownPlan> {
  requireAllowed(actor, "secret.take-over", { secretId: input.secretId });
  const facts = await readFacts({ id: input.secretId });
  return shownPlan(facts, takeOverPlanOf(facts, input));
}

export async function takeOverSecret(permit: Permit<"secret.take-over">, input: TakeOverInput & Confirmed) {
  const { secretId } = permit.subject;
  const facts = await readFacts({ id: secretId });
  return startOperation(permit, confirmPlan(facts, takeOverPlanOf(facts, { ...input, secretId }), input.fingerprint));
}

/** What the Swarm says becomes the record, for these services or for all that drifted. Nothing is written to the Swarm. */
export function takeOverPlanOf(facts: Facts, input: TakeOverInput): Plan {
  const record = requireRecord(facts, input.secretId);
  const services = new Map(facts.services.map((service) => [service.id, service]));
  const drift = driftOf(record, (id) => services.get(id), holdersOf(facts, record));
  const chosen = drift.filter(({ service }) => input.serviceIds.length === 0 || input.serviceIds.includes(service.id));
  if (chosen.length === 0) {
    throw new AppError("not-found", `Every service has ${record.name} as recorded. Nothing is to be taken over.`);
  }
  const vanished = record.grants.filter(({ serviceId }) => !services.has(serviceId)).map(({ serviceId }) => serviceId);
  const serviceIds = [...new Set([...chosen.map(({ service }) => service.id), ...vanished])].sort();
  const retiring = retiringCurrent(record);
  const isUsed = chosen.some(({ actual }) => actual !== null && actual.objectId === retiring?.objectId);
  const kept = isUsed ? takenBack(record) : { record: [], warnings: [] };
  return {
    ...emptyPlan(facts, "take-over"),
    secrets: [{ secretId: record.id, secretName: record.name, fromVersion: null, toVersion: null }],
    record: [{ record: "take-over", secretId: record.id, serviceIds }, ...kept.record],
    warnings: kept.warnings,
  };
}
