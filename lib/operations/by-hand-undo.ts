import "server-only";
import { inverseChanges, inverseEdits } from "#lib/swarm/patch.ts";
import type { ReferenceChange } from "#lib/swarm/schema.ts";
import { plannedObject } from "./by-hand-objects.ts";
import { type ByHandRemoval, removalSteps } from "./by-hand-removals.ts";
import { serviceStep } from "./by-hand-services.ts";
import { type ByHandUpdate, type ByHandWay, type KeptAnswers, noUpdate } from "./by-hand-step.ts";
import { hasEffect } from "./effect.ts";
import { findStep, type LedgerStep, type Operation, stepsNamed } from "./ledger.ts";
import type { SeenSwarm } from "./now.ts";
import { oneWayRotators } from "./rotator-turn.ts";
import type { Plan } from "./schema.ts";

/** R7: what the ledger says was replaced, back; the one that failed first, then the others in reverse. */
export function undoing(operation: Operation, swarm: SeenSwarm, kept: KeptAnswers): ByHandWay {
  const dead = deadSecrets(operation, kept);
  const moved = stepsNamed(operation, "move").filter(({ facts }) => facts.changes?.length);
  const isFailed = ({ subjectId, state }: LedgerStep) =>
    state === "failed" || findStep(operation, "watch", subjectId)?.state === "failed";
  const backwards = moved.toReversed().toSorted((a, b) => Number(isFailed(b)) - Number(isFailed(a)));
  const puts = backwards.map((step) => goingBack(operation, step, swarm, dead));
  return {
    way: "undo",
    sentence: sentenceOf(operation.plan, dead),
    steps: [...puts.map(({ step }) => step), ...removalSteps(abandoned(operation, swarm), operation, swarm, puts)],
  };
}

type Secrets = Plan["secrets"];

/**
 * Those whose old value was said not to work any more, by a person or by what sets it; where a person's answers were not
 * kept apart, all of which one was asked.
 */
function deadSecrets(operation: Operation, kept: KeptAnswers): Secrets {
  const { oldValueStaysValid, secrets, record, create } = operation.plan;
  if (oldValueStaysValid) return [];
  const oneWay = new Set(oneWayRotators(operation).map(({ rotatorId }) => rotatorId));
  const isDeadByRotator = new Map(
    create.flatMap(({ secretId, value }) =>
      value.from === "rotator" ? [[secretId, oneWay.has(value.rotatorId)] as const] : [],
    ),
  );
  const given = new Map(
    record.flatMap((each) => (each.record === "edit" ? [[each.secretId, each.after.oldValueStaysValid] as const] : [])),
  );
  const isDead = (id: string) => isDeadByRotator.get(id) ?? (given.get(id) ?? kept.get(id)) === false;
  const dead = secrets.filter(({ secretId }) => isDead(secretId));
  return dead.length > 0 ? dead : secrets.filter(({ secretId }) => !isDeadByRotator.has(secretId));
}

function sentenceOf({ secrets }: Plan, dead: Secrets): string {
  const back = "Puts back exactly what this operation has changed.";
  if (dead.length === 0) return `${back} It presumes that the old value still works.`;
  return secrets.length === 1
    ? `Only if the old value works again: it was said not to. ${back}`
    : `${back} Where an old value was said not to work any more, it stands beside the command.`;
}

function goingBack(operation: Operation, step: LedgerStep, swarm: SeenSwarm, dead: Secrets): ByHandUpdate {
  const { subjectId, subjectName, facts } = step;
  const service = swarm.services.get(subjectId);
  if (!service) return noUpdate(`${subjectName} is gone`);
  const { changes = [] } = facts;
  const lost = changes.find(({ fromObjectId }) => fromObjectId !== null && !swarm.secrets.has(fromObjectId));
  if (lost) return noUpdate(`${subjectName} cannot go back: ${lost.fromObjectName} is no longer in the Swarm`);
  const unchanged = hasEffect(service.references, inverseChanges(changes))
    ? `${subjectName} is as it was before`
    : `${subjectName} was changed by another hand since, and is left to it`;
  return serviceStep(operation, service, swarm, {
    way: "undo",
    edits: inverseEdits(changes),
    unchanged,
    title: `Put ${subjectName} back`,
    notes: conditions(operation, changes, swarm, dead),
  });
}

/** R7: of a group, only who goes back to a dead value is told so; of a single secret, the sentence above has said it. */
function conditions(
  operation: Operation,
  changes: readonly ReferenceChange[],
  { secrets }: SeenSwarm,
  dead: Secrets,
): string[] {
  const { plan } = operation;
  if (plan.secrets.length === 1) return [];
  const left = new Set(changes.flatMap((each) => (each.fromObjectId === null ? [] : (each.toObjectId ?? []))));
  const ids = plan.create
    .filter((version) => left.has(plannedObject(operation, version, secrets).id))
    .map(({ secretId }) => secretId);
  const names = dead.filter(({ secretId }) => ids.includes(secretId)).map(({ secretName }) => secretName);
  if (names.length === 0) return [];
  return [`Only if the old value of ${names.join(" and of ")} works again: it was said not to.`];
}

/** R13: only what this operation has made, whether or not the ledger saw the answer. */
function abandoned(operation: Operation, { secrets }: SeenSwarm): ByHandRemoval[] {
  return operation.plan.create
    .map((version) => plannedObject(operation, version, secrets))
    .filter(({ isThere }) => isThere)
    .map(({ id, name }) => ({ objectId: id, objectName: name, isLater: false, notes: [] }));
}
