import "server-only";
import { AppError } from "#lib/errors.ts";
import { requireRecord } from "#lib/grants/facts.ts";
import type { SecretRecord } from "#lib/grants/records.ts";
import { confirmPlan, shownPlan } from "#lib/grants/shown.ts";
import type { Ports } from "#lib/operations/ports.ts";
import { type Started, startOperation } from "#lib/operations/start.ts";
import type { Permit } from "#lib/policy/permit.ts";
import { readFactsOfNames } from "./facts.ts";
import { groupPlanOf } from "./group.ts";
import { groupInput } from "./schema.ts";

/** A secret, by the binding that was looked at. */
export type Member = { secretId: string; bindingId: string };

/**
 * A new version at the source becomes a rotation of all that is taken from that one place, with the secrets' own settings:
 * a user's name and her password move together. Decided on what is read now, after the operations were counted: what came
 * between the look and this is `plan-changed`. Nobody is asked: what a plan would have a person decide refuses it
 * (`busy`, `invalid-input`), and it is tried again later.
 */
export async function rotateFromSource(
  permit: Permit<"secret.rotate">,
  members: readonly Member[],
  sourceVersionId: string,
  options: { ports?: Ports } = {},
): Promise<Started> {
  const { secretIds } = permit.subject;
  const facts = await readFactsOfNames(secretIds);
  for (const secretId of secretIds) {
    const bindingId = members.find((member) => member.secretId === secretId)?.bindingId ?? "";
    requireWanted(requireRecord(facts, secretId), bindingId, sourceVersionId);
  }
  const input = groupInput.parse({ secrets: secretIds.map((secretId) => ({ secretId, source: "source" })) });
  const secrets = input.secrets.map((secret) => ({ ...secret, sourceVersionId }));
  const plan = groupPlanOf(facts, { ...input, secrets });
  return startOperation(permit, confirmPlan(facts, plan, shownPlan(facts, plan).fingerprint), options);
}

function requireWanted(record: SecretRecord, bindingId: string, sourceVersionId: string): void {
  const { binding } = record;
  const isAsLooked = binding?.id === bindingId && binding.mode === "by-itself";
  if (isAsLooked && isWanted(record, sourceVersionId)) return;
  throw new AppError("plan-changed", `${record.name} is not as it was a moment ago. It is looked at again.`);
}

/**
 * Whether the Swarm should get this version by itself: it has another one, is not to be retired, and since this is the
 * newest there no version of it was made or chosen here. What was undone once would be undone again, and what a person
 * rolled back stays so; a person may rotate to it all the same.
 */
export function isWanted({ binding, versions }: SecretRecord, sourceVersionId: string): boolean {
  const current = versions.find(({ state }) => state === "current");
  if (!binding || !current || current.retireAfter !== null || current.sourceVersionId === sourceVersionId) return false;
  const since = binding.newestSince === null ? 0 : Date.parse(binding.newestSince);
  return !versions.some(
    (version) =>
      version.sourceVersionId === sourceVersionId &&
      Math.max(Date.parse(version.createdAt), Date.parse(version.promotedAt ?? version.createdAt)) >= since,
  );
}
