import "server-only";
import { AppError } from "#lib/errors.ts";
import { type Facts, requireRecord } from "#lib/grants/facts.ts";
import type { Confirmed } from "#lib/grants/schema.ts";
import { confirmPlan, emptyPlan, requireAllowed, shownPlan } from "#lib/grants/shown.ts";
import { movedInStack } from "#lib/grants/stack.ts";
import { rollbackWarning, serviceWarnings, swarmRollsBack } from "#lib/grants/warnings.ts";
import type { PlannedRotator } from "#lib/operations/planned-value.ts";
import type { Plan, PlannedEdit, PlannedVersion, PlanWarning, ShownPlan } from "#lib/operations/schema.ts";
import { type Started, startOperation } from "#lib/operations/start.ts";
import type { Permit } from "#lib/policy/permit.ts";
import type { Actor } from "#lib/policy/schema.ts";
import { valueField } from "#lib/secrets/schema.ts";
import { forgetting, valuesFor } from "#lib/secrets/values.ts";
import type { Order } from "#lib/settings/schema.ts";
import type { SecretValue } from "#lib/value.ts";
import { agreeing } from "#lib/words.ts";
import { readFactsOfNames } from "./facts.ts";
import { moveOf, retirementsOf } from "./move.ts";
import {
  type AskedValue,
  keptAnswers,
  lastVersion,
  type Member,
  namesOf,
  newVersion,
  refusePlugins,
  sameVersionWarning,
  shownWarning,
} from "./new-version.ts";
import { oldValueWarning, requireAnswers, staysValid } from "./old-value.ts";
import { rotatorsOfMembers, rotatorWarnings } from "./rotators.ts";
import { refuseSameValues } from "./same-value.ts";
import type { GroupInput } from "./schema.ts";

export async function planGroup(actor: Actor, input: GroupInput): Promise<ShownPlan> {
  const secretIds = input.secrets.map(({ secretId }) => secretId);
  requireAllowed(actor, "secret.rotate", { secretIds });
  const facts = await readFactsOfNames(secretIds);
  refuseOpen(facts, secretIds);
  return shownPlan(facts, groupPlanOf(facts, input));
}

/** New values for all of the permit's secrets in one operation. What was typed comes by the secret that it is for. */
export async function rotateGroup(
  permit: Permit<"secret.rotate">,
  input: GroupInput & Confirmed,
  values: ReadonlyMap<string, SecretValue> = new Map(),
): Promise<Started> {
  const { secretIds } = permit.subject;
  return forgetting([...values.values()], async () => {
    const facts = await readFactsOfNames(secretIds);
    const secrets = input.secrets.filter(({ secretId }) => secretIds.includes(secretId));
    const plan = confirmPlan(facts, groupPlanOf(facts, { ...input, secrets }), input.fingerprint);
    const typed = valuesFor(plan, ({ secretId }) => {
      return { value: values.get(secretId) ?? null, field: valueField(secretId) };
    });
    await refuseSameValues(permit.actor, facts, { plan, typed, isSameWanted: input.isSameWanted });
    return startOperation(permit, plan, { values: typed });
  });
}

type AskedGroup = Omit<GroupInput, "secrets"> & { secrets: readonly AskedValue[] };

/**
 * A new version of each, every service moved once for all of them, and the old ones to the gate. Pure: what it says
 * depends on the facts alone, and not on the order in which the secrets were chosen.
 */
export function groupPlanOf(facts: Facts, input: AskedGroup, { isLeaked = false } = {}): Plan {
  const members = membersOf(facts, input.secrets);
  refusePlugins(members);
  const rotators = rotatorsOfMembers(facts, members, { isLeaked });
  requireAnswers(members);
  const made = members.map((member): Made => ({ ...member, create: newVersion(facts, member) }));
  const { left, ...move } = moveOf(
    facts,
    made.map(({ record, create: { versionId } }) => ({ record, to: { object: "created", versionId } })),
    { ...input, order: input.order ?? usualOrder(rotators) },
  );
  const plan: Plan = {
    ...emptyPlan(facts, "rotate"),
    secrets: made.map(({ record: { id, name }, last, create }) => {
      return { secretId: id, secretName: name, fromVersion: last.number, toVersion: create.number };
    }),
    create: made.map(({ create }) => create),
    ...(rotators.length > 0 ? { rotators } : {}),
    ...move,
    retire: left.flatMap(({ record, versions }) =>
      retirementsOf(record, versions, input.keepSeconds ?? record.settings.keepSeconds),
    ),
    record: made.flatMap(keptAnswers),
    oldValueStaysValid: made.every(staysValid) && rotators.every(({ keepsOld }) => keepsOld),
  };
  return { ...plan, warnings: warningsOf(facts, plan, made) };
}

type Made = Member & { create: PlannedVersion };

function membersOf(facts: Facts, asked: readonly AskedValue[]): Member[] {
  const members = asked.map((input) => {
    const record = requireRecord(facts, input.secretId);
    return { record, input, last: lastVersion(facts, record) };
  });
  return members.toSorted((a, b) => a.record.name.localeCompare(b.record.name));
}

/** R9: the start would refuse the first of them only, and when all was entered. */
function refuseOpen(facts: Facts, secretIds: readonly string[]): void {
  const open = secretIds.filter((id) => (facts.seen[id]?.open ?? 0) > 0);
  if (open.length === 0) return;
  const names = namesOf(open.map((id) => requireRecord(facts, id)));
  const verb = agreeing(open.length, "is", "are");
  const others = secretIds.length > open.length ? `, or leave ${agreeing(open.length, "it", "them")} out` : "";
  throw new AppError("busy", `${names} ${verb} in another operation. Wait for its end${others}.`);
}

function warningsOf(facts: Facts, plan: Plan, made: Made[]): PlanWarning[] {
  const renamed = made.flatMap(({ last, create: { versionId, secretName: name, objectName: toName } }) => {
    const changes = plan.changes.filter(({ edits }) => edits.some((edit) => isTo(edit, versionId)));
    return last.object ? [{ name, from: last.object, toName, changes }] : [];
  });
  return [
    ...rotatorWarnings(facts, plan, made),
    ...(isOneWay(plan) ? [] : oldValueWarning(plan, made)),
    ...swarmRollsBack(facts, plan),
    ...shownWarning(plan, made),
    ...sameVersionWarning(made),
    ...serviceWarnings(facts, plan.changes),
    ...movedInStack(renamed),
    ...rollbackWarning(plan),
  ];
}

/** What cannot sign in until it has moved is not kept waiting. */
function usualOrder(rotators: readonly PlannedRotator[]): Order | undefined {
  return rotators.every(({ keepsOld }) => keepsOld) ? undefined : "together";
}

/** The warning of that says more than the one of old values. */
function isOneWay({ rotators = [], create }: Plan): boolean {
  return rotators.some(({ keepsOld }) => !keepsOld) && create.every(({ value }) => value.from === "rotator");
}

function isTo(edit: PlannedEdit, versionId: string): boolean {
  return edit.edit === "replace" && edit.to.object === "created" && edit.to.versionId === versionId;
}
