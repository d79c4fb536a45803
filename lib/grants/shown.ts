import "server-only";
import { AppError } from "#lib/errors.ts";
import type { Plan, ShownPlan } from "#lib/operations/schema.ts";
import type { ConfirmedPlan } from "#lib/operations/seen.ts";
import { isAllowed } from "#lib/policy/rules.ts";
import type { Action, Actor, SubjectOf } from "#lib/policy/schema.ts";
import { aboutSeconds } from "./estimate.ts";
import type { Facts } from "./facts.ts";
import { fingerprintOf } from "./fingerprint.ts";

/** A plan as a person is shown it. */
export function shownPlan(facts: Facts, plan: Plan): ShownPlan {
  const delays = new Map(facts.services.map(({ id, updatePolicy }) => [id, updatePolicy.delaySeconds]));
  return { plan, fingerprint: fingerprintOf(plan), aboutSeconds: aboutSeconds(plan, (id) => delays.get(id) ?? 0) };
}

/**
 * The plan made again is the one that was shown, and nothing forbids it: else the person is asked again. It starts only
 * as long as no other operation has come in between.
 */
export function confirmPlan({ seen }: Pick<Facts, "seen">, plan: Plan, fingerprint: string): ConfirmedPlan {
  if (fingerprintOf(plan) !== fingerprint) {
    throw new AppError(
      "plan-changed",
      "The Swarm has changed since this plan was made. Look at the new plan, then confirm it.",
    );
  }
  const blocking = plan.warnings.find(({ blocks }) => blocks);
  if (blocking) throw new AppError("busy", blocking.sentence);
  return { ...plan, seen };
}

/** Planning tells no more than the inventory does, but nobody is led to a button that will refuse her. */
export function requireAllowed<A extends Action>(actor: Actor, action: A, subject: SubjectOf<A>): void {
  if (isAllowed(actor, action, subject)) return;
  throw new AppError("forbidden", "Your role does not allow this. Ask an administrator.");
}

/** A plan that does nothing yet; each verb fills in its part. */
export function emptyPlan(facts: Facts, kind: Plan["kind"]): Plan {
  return {
    kind,
    clusterId: facts.clusterId,
    secrets: [],
    create: [],
    changes: [],
    retire: [],
    record: [],
    order: "together",
    canaryServiceId: null,
    atMost: defaultAtMost,
    oldValueStaysValid: true,
    reason: null,
    warnings: [],
  };
}

/** More at once save little time and take a broken value to more places before the first failure is seen. */
export const defaultAtMost = 5;
