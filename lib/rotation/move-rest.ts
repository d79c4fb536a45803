import "server-only";
import { AppError } from "#lib/errors.ts";
import { deadPassword } from "#lib/grants/dead-password.ts";
import { type Facts, requireCurrent, requireRecord } from "#lib/grants/facts.ts";
import type { SecretRecord, VersionRecord } from "#lib/grants/records.ts";
import type { Confirmed } from "#lib/grants/schema.ts";
import { confirmPlan, emptyPlan, requireAllowed, shownPlan } from "#lib/grants/shown.ts";
import { movedInStack } from "#lib/grants/stack.ts";
import { takenBack } from "#lib/grants/taken-back.ts";
import { serviceWarnings, swarmRollsBack, warning } from "#lib/grants/warnings.ts";
import type { Plan, PlanWarning, ReferenceEnd, ShownPlan } from "#lib/operations/schema.ts";
import { startOperation } from "#lib/operations/start.ts";
import type { Permit } from "#lib/policy/permit.ts";
import type { Actor } from "#lib/policy/schema.ts";
import { keepsOldValue } from "#lib/rotators/schema.ts";
import { readFactsTogether } from "./facts.ts";
import { type LeftVersion, type Move, moveOf } from "./move.ts";
import type { MoveRestInput } from "./schema.ts";

export async function planMoveRest(actor: Actor, input: MoveRestInput): Promise<ShownPlan> {
  requireAllowed(actor, "secret.move-rest", { secretId: input.secretId });
  const facts = await readFactsTogether(input.secretId);
  return shownPlan(facts, moveRestPlanOf(facts, input));
}

export async function moveRestOfSecret(permit: Permit<"secret.move-rest">, input: MoveRestInput & Confirmed) {
  const { secretId } = permit.subject;
  const facts = await readFactsTogether(secretId);
  return startOperation(permit, confirmPlan(facts, moveRestPlanOf(facts, { ...input, secretId }), input.fingerprint));
}

/**
 * Services that were left out, or where an operation stopped half-way, get the version that the others have. Secrets
 * with one password move together: one alone would have the user of one login beside the password of the other.
 */
export function moveRestPlanOf(facts: Facts, input: MoveRestInput): Plan {
  const asked = requireRecord(facts, input.secretId);
  const ids = asked.attachment?.together.map(({ id }) => id) ?? [asked.id];
  const ends = ids.map((id) => endOf(facts, requireRecord(facts, id)));
  const { left, ...move } = moveOf(facts, ends, input);
  if (move.changes.length === 0) {
    const sentence = `Every service that has ${asked.name} has its current version. Nothing is to be moved.`;
    throw new AppError("invalid-input", sentence);
  }
  const oldValueStaysValid = staysValid(left, input);
  const behind = ends.filter(({ record: { id } }) => leftIn(left, id).length > 0);
  const taken = behind.map(({ record }) => takenBack(record));
  return {
    ...emptyPlan(facts, "move-rest"),
    secrets: behind.map(({ record: { id, name }, version: { number } }) => ({
      secretId: id,
      secretName: name,
      fromVersion: leftIn(left, id)[0]?.number ?? null,
      toVersion: number,
    })),
    ...move,
    record: taken.flatMap(({ record }) => record),
    oldValueStaysValid,
    warnings: [
      ...nothingMoves(move),
      ...taken.flatMap(({ warnings }) => warnings),
      ...(oldValueStaysValid ? [] : [warning("old-value-must-stay-valid", nothingBack)]),
      ...swarmRollsBack(facts, { changes: move.changes, oldValueStaysValid }),
      ...serviceWarnings(facts, move.changes),
      ...movedInStack(renamed(facts, { ends: behind, left, move })),
    ],
  };
}

type End = { record: SecretRecord; version: VersionRecord; to: ReferenceEnd };

function endOf(facts: Facts, record: SecretRecord): End {
  const { version, object } = requireCurrent(facts, record);
  const why = version.isLeaked
    ? `The value of v${version.number} has leaked. Rotate ${record.name} to a new one instead.`
    : deadPassword(record, version.id);
  if (why) throw new AppError("invalid-input", why);
  return { record, version, to: { object: "existing", objectId: object.id, objectName: object.name } };
}

/** R7. What has leaked or was replaced is nothing to go back to; of all else the other side's settings or a person know. */
function staysValid(left: Move["left"], { oldStaysValid }: MoveRestInput): boolean {
  return left.every(({ record, versions }) => {
    if (versions.length === 0) return true;
    const { attachment, settings } = record;
    if (versions.some(({ id, isLeaked }) => isLeaked || deadPassword(record, id) !== null)) return false;
    if (attachment?.settings) return keepsOldValue(attachment.settings);
    const answer = oldStaysValid ?? settings.oldValueStaysValid;
    if (answer !== null) return answer;
    const sentence = "Say whether the value that services leave still works while they move.";
    throw new AppError("invalid-input", sentence, { field: "oldStaysValid" });
  });
}

const nothingBack =
  "The value that services leave has leaked or does not work any more, so a failure puts nothing back: Skep stops there and asks you.";

function nothingMoves({ changes }: Pick<Move, "changes">): PlanWarning[] {
  if (changes.some(({ leftOut }) => leftOut === null)) return [];
  const sentence = "Nothing would move: include a service that runs to its end, or leave fewer services out.";
  return [warning("nothing-moves", sentence, { blocks: true })];
}

function leftIn(left: Move["left"], secretId: string): LeftVersion[] {
  const versions = left.find(({ record }) => record.id === secretId)?.versions ?? [];
  return versions.toSorted((a, b) => b.number - a.number);
}

type Moved = { ends: readonly End[]; left: Move["left"]; move: Pick<Move, "changes"> };

/** What a stack's file still calls by its former name. */
function renamed(facts: Facts, { ends, left, move: { changes } }: Moved) {
  return ends.flatMap(({ record: { id, name }, to }) => {
    const from = facts.objects.find((object) => object.id === leftIn(left, id)[0]?.objectId);
    const toName = to.object === "existing" ? to.objectName : name;
    return from ? [{ name, from, toName, changes }] : [];
  });
}
