import "server-only";
import { AppError } from "#lib/errors.ts";
import { requireRecord } from "#lib/grants/facts.ts";
import type { BindingRecord, SecretRecord } from "#lib/grants/records.ts";
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
  const records = secretIds.map((secretId) => requireRecord(facts, secretId));
  for (const record of records) {
    const bindingId = members.find(({ secretId }) => secretId === record.id)?.bindingId ?? "";
    requireWanted(record, bindingId, sourceVersionId);
  }
  if (!isSeenLast(records, sourceVersionId)) {
    throw new AppError("plan-changed", "There is another version at the source since. It is looked at again.");
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
 * Whether this is what was seen last at the place that these are bound to. One that was looked at long before another
 * instance saw the next version is not gone back to.
 */
export function isSeenLast(records: readonly SecretRecord[], sourceVersionId: string): boolean {
  const bindings = records.flatMap(({ binding }) => binding ?? []);
  const last = bindings.toSorted((one, other) => seenSince(other) - seenSince(one))[0];
  return last !== undefined && last.newestId === sourceVersionId && !last.isDeleted;
}

/** By Postgres's time, in milliseconds: since when the newest version there is the newest. */
export function seenSince({ newestSince }: Pick<BindingRecord, "newestSince">): number {
  return newestSince === null ? 0 : Date.parse(newestSince);
}

/**
 * Whether the Swarm should get this version by itself: it has another one, is not to be retired, and since this is the
 * newest there no version of it was made or chosen here, or was seen to have its value. What was undone once would be
 * undone again, and what a person rolled back stays so; a person may rotate to it all the same.
 */
export function isWanted({ binding, versions }: SecretRecord, sourceVersionId: string): boolean {
  const current = versions.find(({ state }) => state === "current");
  if (!binding || !current || current.retireAfter !== null || current.sourceVersionId === sourceVersionId) return false;
  const since = seenSince(binding);
  return !versions.some(
    (version) =>
      version.sourceVersionId === sourceVersionId &&
      [version.createdAt, version.promotedAt, version.agreedAt].some((at) => at !== null && Date.parse(at) >= since),
  );
}
