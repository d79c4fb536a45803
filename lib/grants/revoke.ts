import "server-only";
import { AppError } from "#lib/errors.ts";
import type { Plan, ShownPlan } from "#lib/operations/schema.ts";
import { startOperation } from "#lib/operations/start.ts";
import type { Permit } from "#lib/policy/permit.ts";
import type { Actor } from "#lib/policy/schema.ts";
import { pathOfTarget } from "#lib/swarm/schema.ts";
import { plannedChange } from "./change.ts";
import { type Facts, readFacts, requireRecord, requireService } from "./facts.ts";
import type { Confirmed, RevokeInput } from "./schema.ts";
import { confirmPlan, emptyPlan, requireAllowed, shownPlan } from "./shown.ts";
import { revokedInStack } from "./stack.ts";
import { serviceWarnings } from "./warnings.ts";

export async function planRevoke(actor: Actor, input: RevokeInput): Promise<ShownPlan> {
  requireAllowed(actor, "secret.revoke", { secretId: input.secretId });
  const facts = await readFacts({ id: input.secretId });
  return shownPlan(facts, revokePlanOf(facts, input));
}

export async function revokeSecret(permit: Permit<"secret.revoke">, input: RevokeInput & Confirmed) {
  const { secretId } = permit.subject;
  const facts = await readFacts({ id: secretId });
  return startOperation(permit, confirmPlan(facts, revokePlanOf(facts, { ...input, secretId }), input.fingerprint));
}

export function revokePlanOf(facts: Facts, input: RevokeInput): Plan {
  const record = requireRecord(facts, input.secretId);
  const service = requireService(facts, input.serviceId);
  const own = new Map(record.versions.map(({ objectId, number }) => [objectId, number]));
  const path = pathOfTarget(input.target);
  const reference = service.references.find(
    ({ objectId, target }) => own.has(objectId) && pathOfTarget(target) === path,
  );
  if (!reference) {
    throw new AppError(
      "not-found",
      `${service.name} no longer has ${record.name} at ${path}. Nothing is to be revoked.`,
    );
  }
  const { objectId, target } = reference;
  const change = plannedChange(facts, service, [{ edit: "remove", objectId, target }], {
    soakSeconds: record.settings.soakSeconds,
  });
  return {
    ...emptyPlan(facts, "revoke"),
    secrets: [
      { secretId: record.id, secretName: record.name, fromVersion: own.get(objectId) ?? null, toVersion: null },
    ],
    changes: [change],
    warnings: [...revokedInStack(change, record.name), ...serviceWarnings(facts, [change])],
  };
}
