import "server-only";
import { retirementPlan } from "../retirement.ts";
import { samplePlan, sampleSettings } from "../sample.ts";
import type { Plan } from "../schema.ts";
import type { Start } from "./history-schema.ts";
import {
  changeOf,
  chosen,
  currentOf,
  isUnderWay,
  livingOf,
  type PlanFacts,
  plannedValueOf,
  type StartOf,
  secretIds,
  versionOf,
} from "./plan-facts.ts";
import { movesOf, rotation } from "./plan-rotation.ts";
import { isDead, withAttached } from "./plan-rotators.ts";

/** The plan of a verb as its planner would make it; null where that would refuse. */
export function planOf(facts: PlanFacts, start: Start): Plan | null {
  const plan = made(facts, start);
  if (!plan) return null;
  const isBusy = plan.changes.some(({ serviceId, leftOut }) => {
    const service = facts.services.find(({ id }) => id === serviceId);
    return leftOut === null && service && isUnderWay(service);
  });
  return isBusy ? null : plan;
}

function made(facts: PlanFacts, start: Start): Plan | null {
  switch (start.verb) {
    case "rotate":
      return rotation(facts, start);
    case "create":
      return creation(facts, start);
    case "grant":
      return grant(facts, start);
    case "revoke":
      return revocation(facts, start);
    case "roll-back":
      return rollBack(facts, start);
    case "move-rest":
      return restMove(facts, start);
    case "put-back":
      return putBack(facts, start);
    case "retire":
      return retirement(facts, start);
  }
}

function creation(facts: PlanFacts, start: StartOf<"create">): Plan | null {
  const secretId = facts.newId();
  const secretName = `fresh-${secretId}`;
  const version = versionOf(facts, { secretId, secretName }, plannedValueOf(start.value));
  const service = chosen(facts.services, start.service);
  const edit = { edit: "add", to: { object: "created", versionId: version.versionId }, target: secretName } as const;
  const changes = service ? [changeOf(facts, service, [{ ...edit, uid: "0", gid: "0", mode: 0o444 }])] : [];
  return samplePlan({
    kind: "create",
    create: [version],
    changes,
    secrets: [{ secretId, secretName, fromVersion: null, toVersion: version.number }],
    record: [{ record: "create", secretId, name: secretName, settings: sampleSettings }],
  });
}

function aboutOne(facts: PlanFacts, index: number) {
  const secretId = chosen(secretIds(facts), index);
  const current = secretId === undefined ? undefined : currentOf(facts, secretId);
  if (!current) return null;
  const { secretName, number, objectId, objectName } = current;
  const secrets = [{ secretId: current.secretId, secretName, fromVersion: number, toVersion: number }];
  return { secretId: current.secretId, current, secrets, to: { object: "existing", objectId, objectName } as const };
}

function grant(facts: PlanFacts, { secret, service: place }: StartOf<"grant">): Plan | null {
  const one = aboutOne(facts, secret);
  const service = chosen(facts.services, place);
  if (!one || !service) return null;
  const target = `granted-${one.secretId}`;
  if (service.references.some((reference) => reference.target === target)) return null;
  const edit = { edit: "add", to: one.to, target, uid: "1000", gid: "0", mode: 0o440 } as const;
  return samplePlan({ kind: "grant", secrets: one.secrets, changes: [changeOf(facts, service, [edit])] });
}

function revocation(facts: PlanFacts, { secret, service: place }: StartOf<"revoke">): Plan | null {
  const one = aboutOne(facts, secret);
  if (!one) return null;
  const own = new Set(livingOf(facts, one.secretId).map(({ objectId }) => objectId));
  const holders = facts.services.filter(({ references }) => references.some(({ objectId }) => own.has(objectId)));
  const service = chosen(holders, place);
  const reference = service?.references.find(({ objectId }) => own.has(objectId));
  if (!service || !reference) return null;
  const edit = { edit: "remove", objectId: reference.objectId, target: reference.target } as const;
  return samplePlan({ kind: "revoke", secrets: one.secrets, changes: [changeOf(facts, service, [edit])] });
}

function rollBack(facts: PlanFacts, { secret, staysValid }: StartOf<"roll-back">): Plan | null {
  const one = aboutOne(facts, secret);
  if (!one) return null;
  const others = livingOf(facts, one.secretId).filter(({ state }) => state === "previous");
  const to = others.at(-1);
  if (!to || isDead(facts, to)) return null;
  const fromObjectIds = livingOf(facts, one.secretId)
    .filter(({ objectId }) => objectId !== to.objectId)
    .map(({ objectId }) => objectId);
  const end = { object: "existing", objectId: to.objectId, objectName: to.objectName } as const;
  return samplePlan({
    kind: "roll-back",
    secrets: one.secrets.map((each) => ({ ...each, toVersion: to.number })),
    changes: movesOf(facts, [{ fromObjectIds, to: end }], false),
    oldValueStaysValid: staysValid,
  });
}

/** Those with one password together; of a password that was replaced since, nothing can be put back. */
function restMove(facts: PlanFacts, { secret, staysValid }: StartOf<"move-rest">): Plan | null {
  const asked = chosen(secretIds(facts), secret);
  if (asked === undefined) return null;
  const ends = withAttached(facts, [asked]).flatMap((secretId) => {
    const current = currentOf(facts, secretId);
    return current ? { current, older: livingOf(facts, secretId).filter(({ state }) => state !== "current") } : [];
  });
  if (ends.some(({ current }) => facts.isLeaked(current.versionId) || isDead(facts, current))) return null;
  const moves = ends.map(({ current: { objectId, objectName }, older }) => ({
    fromObjectIds: older.map((version) => version.objectId),
    to: { object: "existing", objectId, objectName } as const,
  }));
  const changes = movesOf(facts, moves, false);
  if (changes.every(({ leftOut }) => leftOut !== null)) return null;
  return samplePlan({
    kind: "move-rest",
    secrets: ends.map(({ current: { secretId, secretName, number } }) => {
      return { secretId, secretName, fromVersion: null, toVersion: number };
    }),
    changes,
    oldValueStaysValid: staysValid && ends.every(({ older }) => older.every((version) => !isDead(facts, version))),
  });
}

function putBack(facts: PlanFacts, { secret, service: place }: StartOf<"put-back">): Plan | null {
  const one = aboutOne(facts, secret);
  if (!one) return null;
  const own = new Set(livingOf(facts, one.secretId).map(({ objectId }) => objectId));
  const holders = facts.services.filter(({ references }) => references.some(({ objectId }) => own.has(objectId)));
  const service = chosen(holders, place);
  const reference = service?.references.find(({ objectId }) => own.has(objectId));
  if (!service || !reference) return null;
  const { objectId, target } = reference;
  const edit = { edit: "set-file", objectId, target, to: one.to, uid: "0", gid: "0", mode: 0o400 } as const;
  return samplePlan({ kind: "put-back", secrets: one.secrets, changes: [changeOf(facts, service, [edit])] });
}

function retirement(facts: PlanFacts, { secret, isConfirmed }: StartOf<"retire">): Plan | null {
  const secretId = chosen(secretIds(facts), secret);
  const old = livingOf(facts, secretId ?? "").filter(({ state }) => state !== "current");
  const named = new Set(facts.services.flatMap(({ references }) => references.map(({ objectId }) => objectId)));
  const free = old.filter(({ objectId }) => !named.has(objectId));
  if (free.length === 0) return null;
  return retirementPlan(
    "cluster-1",
    free.map((version) => ({ ...version, isStackConfirmed: isConfirmed })),
  );
}
