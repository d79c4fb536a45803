import "server-only";
import { AppError } from "#lib/errors.ts";
import { type Facts, livingVersions, readFacts, requireRecord } from "#lib/grants/facts.ts";
import type { SecretRecord } from "#lib/grants/records.ts";
import type { Confirmed } from "#lib/grants/schema.ts";
import { confirmPlan, emptyPlan, requireAllowed, shownPlan } from "#lib/grants/shown.ts";
import { movedInStack } from "#lib/grants/stack.ts";
import { leakedWarning, serviceWarnings, swarmRollsBack, warning } from "#lib/grants/warnings.ts";
import type { Plan, PlanWarning, ShownPlan } from "#lib/operations/schema.ts";
import { startOperation } from "#lib/operations/start.ts";
import type { Permit } from "#lib/policy/permit.ts";
import { isAllowed } from "#lib/policy/rules.ts";
import type { Actor } from "#lib/policy/schema.ts";
import { keepsOldValue } from "#lib/rotators/schema.ts";
import { agreeing, someOf } from "#lib/words.ts";
import { type LeftVersion, moveOf } from "./move.ts";
import { lastVersion } from "./new-version.ts";
import { whyNotBack } from "./rotators.ts";
import type { RollBackInput } from "./schema.ts";

export async function planRollBack(actor: Actor, input: RollBackInput): Promise<ShownPlan> {
  requireAllowed(actor, "secret.roll-back", { secretId: input.secretId, isLeaked: false });
  const facts = await readFacts({ id: input.secretId });
  const mayUseLeaked = isAllowed(actor, "secret.roll-back", { secretId: input.secretId, isLeaked: true });
  return shownPlan(facts, rollBackPlanOf(facts, input, { mayUseLeaked }));
}

/** What the permit has to say: who may go back to a value that has leaked is an administrator. */
export async function isRollBackToLeaked(
  { subject: { secretId } }: Permit<"secret.roll-back">,
  { versionId }: Pick<RollBackInput, "versionId">,
): Promise<boolean> {
  const { versions } = requireRecord(await readFacts({ id: secretId }), secretId);
  return versions.find(({ id }) => id === versionId)?.isLeaked ?? false;
}

export async function rollBackSecret(permit: Permit<"secret.roll-back">, input: RollBackInput & Confirmed) {
  const { secretId, isLeaked: mayUseLeaked } = permit.subject;
  const facts = await readFacts({ id: secretId });
  const plan = rollBackPlanOf(facts, { ...input, secretId }, { mayUseLeaked });
  return startOperation(permit, confirmPlan(facts, plan, input.fingerprint));
}

/** Every service back to a version that is still there. The versions that are left stay, until somebody retires them. */
export function rollBackPlanOf(facts: Facts, input: RollBackInput, { mayUseLeaked }: { mayUseLeaked: boolean }): Plan {
  const record = requireRecord(facts, input.secretId);
  const version = livingVersions(facts, record).find(({ id }) => id === input.versionId);
  if (!version) {
    throw new AppError("not-found", "This version is no longer in the Swarm. Choose another one, or rotate.", {
      field: "versionId",
    });
  }
  const { objectId, objectName, number, isLeaked } = version;
  if (isLeaked && !mayUseLeaked) throw refusedAsLeaked(number);
  const refused = whyNotBack(record, input.versionId);
  if (refused) throw new AppError("invalid-input", refused, { field: "versionId" });
  const last = lastVersion(facts, record);
  const to = { object: "existing", objectId, objectName } as const;
  const { left: leaving, ...move } = moveOf(facts, [{ record, to }], input);
  const left = leaving.flatMap(({ versions }) => versions);
  if (version.state === "current" && move.changes.length === 0) {
    throw new AppError("invalid-input", `Every service runs v${number} already. Nothing is to be rolled back.`, {
      field: "versionId",
    });
  }
  const oldValueStaysValid = leftValueAnswer(record, input);
  const from = last.object ?? facts.objects.find(({ id }) => id === left[0]?.objectId);
  return {
    ...emptyPlan(facts, "roll-back"),
    secrets: [{ secretId: record.id, secretName: record.name, fromVersion: last.number, toVersion: number }],
    ...move,
    oldValueStaysValid,
    warnings: [
      ...(isLeaked ? [leakedWarning(number)] : []),
      ...(oldValueStaysValid ? [] : [warning("old-value-must-stay-valid", nothingBack)]),
      ...swarmRollsBack(facts, { changes: move.changes, oldValueStaysValid }),
      ...staysWarning(left),
      ...serviceWarnings(facts, move.changes),
      ...(from ? movedInStack([{ name: record.name, from, toName: objectName, changes: move.changes }]) : []),
    ],
  };
}

function refusedAsLeaked(number: number): AppError {
  const sentence = `An emergency rotation says that the value of v${number} has leaked. Rotate to a new one, or ask an administrator.`;
  return new AppError("forbidden", sentence, { field: "versionId" });
}

const nothingBack =
  "The value that services leave does not work any more, so a failure puts nothing back: Skep stops there and asks you.";

/** R7: undoing puts services back on the value that they leave here. Whether that still works, only a person can know. */
function leftValueAnswer({ settings, attachment }: SecretRecord, input: RollBackInput): boolean {
  // The other side says so: with two logins that of the present version is not touched.
  if (attachment?.settings) return keepsOldValue(attachment.settings);
  const answer = input.oldStaysValid ?? settings.oldValueStaysValid;
  if (answer !== null) return answer;
  throw new AppError("invalid-input", "Say whether the value that services leave still works while they move back.", {
    field: "oldStaysValid",
  });
}

function staysWarning(left: readonly LeftVersion[]): PlanWarning[] {
  const staying = left.filter(({ retireAfter }) => retireAfter === null);
  if (staying.length === 0) return [];
  const names = someOf(staying.map(({ number }) => `v${number}`));
  const [verb, them] = [agreeing(staying.length, "stays", "stay"), agreeing(staying.length, "it", "them")];
  return [warning("version-stays", `${names} ${verb} in the Swarm until you retire ${them}.`)];
}
