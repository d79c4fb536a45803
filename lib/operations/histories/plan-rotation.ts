import "server-only";
import { samplePlan, sampleRetirement } from "../sample.ts";
import type { Plan, PlannedChange, PlannedEdit, ReferenceEnd } from "../schema.ts";
import {
  changeOf,
  chosen,
  currentOf,
  livingOf,
  type PlanFacts,
  type StartOf,
  secretIds,
  versionOf,
} from "./plan-facts.ts";
import { rotatorsFor, staysValid, valueFor, withAttached } from "./plan-rotators.ts";

type Moved = { fromObjectIds: string[]; to: ReferenceEnd };

/** Every service that names one of the from-objects, each once, whatever many secrets move. */
export function movesOf(facts: PlanFacts, moves: readonly Moved[], isTicked: boolean): PlannedChange[] {
  return facts.services.flatMap((service) => {
    const edits = moves.flatMap(({ fromObjectIds, to }): PlannedEdit[] => {
      const targets = service.references
        .filter(({ objectId }) => fromObjectIds.includes(objectId))
        .map(({ target }) => target);
      return targets.length === 0 ? [] : [{ edit: "replace", fromObjectIds, to, targets }];
    });
    return edits.length === 0 ? [] : [changeOf(facts, service, edits, isTicked ? { leftOut: null } : {})];
  });
}

/** All that holds the secret, or with a group all that holds any of them, to new versions. */
export function rotation(facts: PlanFacts, start: StartOf<"rotate">): Plan | null {
  const ids = secretIds(facts);
  const first = chosen(ids, start.secret);
  if (first === undefined) return null;
  const names = new Map(facts.versions.map(({ secretId, secretName }) => [secretId, secretName]));
  const rotated = withAttached(facts, start.isGroup ? ids : [first]);
  const rotators = rotatorsFor(facts, rotated, start);
  if (rotators === null) return null;
  const create = rotated.map((secretId) => {
    const secretName = names.get(secretId) ?? "";
    return versionOf(facts, { secretId, secretName }, valueFor(facts, secretId, { start, rotators }));
  });
  const used = new Set(facts.services.flatMap(({ references }) => references.map(({ objectId }) => objectId)));
  const left = create.map(({ secretId }) =>
    livingOf(facts, secretId).filter(({ state, objectId }) => state === "current" || used.has(objectId)),
  );
  const moves = create.map(({ versionId }, index): Moved => {
    const fromObjectIds = (left[index] ?? []).map(({ objectId }) => objectId);
    return { fromObjectIds, to: { object: "created", versionId } };
  });
  const changes = movesOf(facts, moves, start.isTicked);
  const moving = changes.filter(({ leftOut }) => leftOut === null);
  const order = moving.length > 1 ? (start.order as Plan["order"]) : "together";
  const canary = moving.find(({ kind }) => kind !== "asleep");
  const retired = start.isEmergency ? rotated.flatMap((secretId) => livingOf(facts, secretId)) : left.flat();
  return samplePlan({
    kind: start.isEmergency ? "rotate-emergency" : "rotate",
    create,
    changes,
    order,
    canaryServiceId: order === "canary" ? (canary?.serviceId ?? null) : null,
    ...(rotators.length > 0 ? { rotators } : {}),
    oldValueStaysValid: create.every(({ value }) => staysValid(value, { start, rotators })),
    reason: start.isEmergency ? "it has leaked" : null,
    secrets: create.map(({ secretId, secretName, number }) => ({
      secretId,
      secretName,
      fromVersion: currentOf(facts, secretId)?.number ?? null,
      toVersion: number,
    })),
    retire: retired.map(({ secretId, secretName, versionId, objectId, objectName }) =>
      sampleRetirement(objectId, {
        secretId,
        secretName,
        versionId,
        objectName,
        keepSeconds: start.isEmergency ? 0 : start.keepSeconds,
      }),
    ),
  });
}
