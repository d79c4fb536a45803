import "server-only";
import { AppError } from "#lib/errors.ts";
import { type Facts, readFacts, requireRecord } from "#lib/grants/facts.ts";
import type { SecretRecord, VersionRecord } from "#lib/grants/records.ts";
import type { Confirmed } from "#lib/grants/schema.ts";
import { confirmPlan, emptyPlan, requireAllowed, shownPlan } from "#lib/grants/shown.ts";
import { warning } from "#lib/grants/warnings.ts";
import type { Plan, PlannedRetirement, PlanWarning, ShownPlan } from "#lib/operations/schema.ts";
import { startOperation } from "#lib/operations/start.ts";
import type { Permit } from "#lib/policy/permit.ts";
import type { Actor } from "#lib/policy/schema.ts";
import { agreeing, someOf } from "#lib/words.ts";
import type { RetireInput } from "./schema.ts";

export async function planRetire(actor: Actor, input: RetireInput): Promise<ShownPlan> {
  requireAllowed(actor, "secret.retire", { secretId: input.secretId });
  const facts = await readFacts({ id: input.secretId });
  return shownPlan(facts, retirePlanOf(facts, input));
}

export async function retireSecret(permit: Permit<"secret.retire">, input: RetireInput & Confirmed) {
  const { secretId } = permit.subject;
  const facts = await readFacts({ id: secretId });
  return startOperation(permit, confirmPlan(facts, retirePlanOf(facts, { ...input, secretId }), input.fingerprint));
}

/** One version, or all of them and the secret with them, through the gate: it asks the Swarm again before it removes. */
export function retirePlanOf(facts: Facts, input: RetireInput): Plan {
  const record = requireRecord(facts, input.secretId);
  // Also those that the Swarm has lost: the gate finds them gone, and records that.
  const made = record.versions.filter(isMade);
  const chosen = input.versionId === undefined ? made : made.filter(({ id }) => id === input.versionId);
  const [first] = chosen;
  if (input.versionId !== undefined && !first) {
    throw new AppError("not-found", "This version was removed already. There is nothing to retire.");
  }
  if (input.versionId !== undefined && first?.state === "current") {
    throw new AppError(
      "invalid-input",
      `v${first.number} is the current version. Rotate first, or retire the whole secret.`,
    );
  }
  const retire = chosen.map(({ id, objectId, objectName }): PlannedRetirement => {
    const ids = { secretId: record.id, secretName: record.name, versionId: id };
    return { ...ids, objectId, objectName, keepSeconds: input.keepSeconds, isStackConfirmed: input.isStackConfirmed };
  });
  const isWhole = input.versionId === undefined;
  return {
    ...emptyPlan(facts, "retire"),
    secrets: [
      {
        secretId: record.id,
        secretName: record.name,
        fromVersion: isWhole ? null : (first?.number ?? null),
        toVersion: null,
      },
    ],
    retire,
    warnings: [
      ...stillUsed(facts, retire),
      ...gateWaits(facts, retire),
      ...stackWarnings(facts, input, retire),
      ...(isWhole ? staysOpen(record) : []),
    ],
  };
}

function isMade(version: VersionRecord): version is VersionRecord & { objectId: string } {
  return version.state !== "removed" && version.objectId !== null;
}

/** What is removed from the Swarm is still a password elsewhere. */
function staysOpen({ attachment, versions }: SecretRecord): PlanWarning[] {
  if (!attachment) return [];
  const { rotatorId, rotatorName } = attachment;
  const own = versions.filter((version) => isMade(version) && version.rotatorId === rotatorId);
  const logins = [...new Set(own.flatMap(({ login }) => login ?? []))].sort();
  const whose = logins.length === 0 ? "Its value goes" : `The password of ${someOf(logins)} goes`;
  const sentence = `${whose} on working at ${rotatorName}, which is told nothing. Where nobody is to sign in with it, lock it there.`;
  return [warning("login-stays-open", sentence)];
}

/** Docker would refuse as well, but only while a current spec names it. */
function stillUsed(facts: Facts, retire: PlannedRetirement[]): PlanWarning[] {
  return retire.flatMap(({ objectId, objectName }) => {
    const names = namesOf(facts, objectId);
    if (names.length === 0) return [];
    const sentence = `${someOf(names)} ${agreeing(names.length, "uses", "use")} ${objectName}. Revoke it there first, or rotate to another version.`;
    return [warning("still-used", sentence, { blocks: true })];
  });
}

function gateWaits(facts: Facts, retire: PlannedRetirement[]): PlanWarning[] {
  return retire.flatMap(({ objectId, objectName }) => {
    const former = facts.services.filter(
      ({ references, previousReferences }) =>
        !references.some((each) => each.objectId === objectId) &&
        previousReferences?.some((each) => each.objectId === objectId),
    );
    if (former.length === 0) return [];
    const names = someOf(former.map(({ name }) => name));
    const sentence = `${names} could still be rolled back to ${objectName}: Skep makes ${agreeing(former.length, "it", "them")} forget that first. After that, \`docker service rollback\` restores nothing.`;
    return [warning("gate-waits", sentence)];
  });
}

function stackWarnings(facts: Facts, input: RetireInput, retire: PlannedRetirement[]): PlanWarning[] {
  if (input.isStackConfirmed) return [];
  const secret = requireRecord(facts, input.secretId);
  const own = new Set(secret.versions.map(({ objectId }) => objectId));
  const holders = facts.services.filter(({ references }) => references.some(({ objectId }) => own.has(objectId)));
  const stacks = [...new Set(holders.flatMap(({ stack }) => stack ?? []))].sort();
  if (stacks.length === 0 || retire.length === 0) return [];
  const names = someOf(retire.map(({ objectName }) => objectName));
  const sentence = `If the stack file of ${someOf(stacks)} still names ${names}, its next deploy stops half-way. Where a stack was last deployed with it, the version stays until a deploy with the newer name was seen, or until you confirm that the line is changed; where none was, it does not wait for that.`;
  return [warning("stack-would-undo", sentence)];
}

function namesOf({ services }: Facts, objectId: string): string[] {
  return services
    .filter(({ references }) => references.some((each) => each.objectId === objectId))
    .map(({ name }) => name);
}
