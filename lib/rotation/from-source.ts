import "server-only";
import { AppError } from "#lib/errors.ts";
import { confirmPlan, shownPlan } from "#lib/grants/shown.ts";
import type { Ports } from "#lib/operations/ports.ts";
import { type Started, startOperation } from "#lib/operations/start.ts";
import type { Permit } from "#lib/policy/permit.ts";
import { readFactsOfNames } from "./facts.ts";
import { rotatePlanOf } from "./rotate.ts";
import { rotateInput } from "./schema.ts";

/**
 * A new version at the source becomes a rotation, with the secret's own settings. Nobody is asked: what a plan would
 * have a person decide refuses it (`busy`), and it is tried again later.
 */
export async function rotateFromSource(
  permit: Permit<"secret.rotate">,
  sourceVersionId: string,
  options: { ports?: Ports } = {},
): Promise<Started> {
  const [secretId, ...others] = permit.subject.secretIds;
  if (secretId === undefined || others.length > 0)
    throw new AppError("unexpected", "One secret at a time is rotated so.");
  const facts = await readFactsOfNames([secretId]);
  const input = rotateInput.parse({ secretId, source: "source", sourceVersionId });
  const plan = rotatePlanOf(facts, input);
  return startOperation(permit, confirmPlan(facts, plan, shownPlan(facts, plan).fingerprint), options);
}
