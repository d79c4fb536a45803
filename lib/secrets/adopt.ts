import "server-only";
import { AppError } from "#lib/errors.ts";
import { type Facts, readFacts } from "#lib/grants/facts.ts";
import type { Confirmed } from "#lib/grants/schema.ts";
import { confirmPlan, emptyPlan, requireAllowed, shownPlan } from "#lib/grants/shown.ts";
import type { Plan, ShownPlan } from "#lib/operations/schema.ts";
import { startOperation } from "#lib/operations/start.ts";
import type { Permit } from "#lib/policy/permit.ts";
import type { Actor } from "#lib/policy/schema.ts";
import type { SecretObject } from "#lib/swarm/schema.ts";
import { isSameName, sameName } from "./names.ts";
import type { AdoptInput } from "./schema.ts";

export async function planAdopt(actor: Actor, input: AdoptInput): Promise<ShownPlan> {
  const objectIds = input.versions.map(({ objectId }) => objectId);
  requireAllowed(actor, "secret.adopt", { objectIds });
  const facts = await readFacts(known(input));
  return shownPlan(facts, adoptPlanOf(facts, input));
}

export async function adoptSecret(permit: Permit<"secret.adopt">, input: AdoptInput & Confirmed) {
  const permitted = new Set(permit.subject.objectIds);
  if (!input.versions.every(({ objectId }) => permitted.has(objectId))) {
    throw new AppError("forbidden", "These are not the secrets that you asked to adopt. Look at the plan again.");
  }
  const facts = await readFacts(known(input));
  return startOperation(permit, confirmPlan(facts, adoptPlanOf(facts, input), input.fingerprint));
}

/**
 * Takes over objects as the versions of one secret. Nothing is written to the Swarm; grants are recorded as they are.
 * Nobody knows how a foreign value is made: a person enters the next one, and is asked about the old one then.
 */
export function adoptPlanOf(facts: Facts, input: AdoptInput): Plan {
  refuseTaken(facts, input);
  const chosen = input.versions.map(({ objectId, number }) => ({ object: requireUnmanaged(facts, objectId), number }));
  refuseRepeated(chosen.map(({ number }) => number));
  const inOrder = chosen.toSorted((a, b) => b.number - a.number);
  const current = inOrder.find(({ object }) => isNamed(facts, object)) ?? inOrder[0];
  const secretId = facts.newId();
  const { name, owner, description, tags } = input;
  return {
    ...emptyPlan(facts, "adopt"),
    secrets: [{ secretId, secretName: name, fromVersion: null, toVersion: current?.number ?? null }],
    record: [
      {
        record: "adopt",
        secretId,
        name,
        settings: { ...facts.defaults, generator: null, oldValueStaysValid: null, owner, description, tags },
        versions: inOrder.map(({ object, number }) => ({
          versionId: facts.newId(),
          number,
          objectId: object.id,
          objectName: object.name,
          createdAt: object.createdAt,
          state: number === current?.number ? "current" : "previous",
        })),
      },
    ],
  };
}

/** Records that could stand in the way: of the same name, or that hold one of the objects. */
function known({ name, versions }: AdoptInput) {
  const objectIds = versions.map(({ objectId }) => objectId);
  return {
    OR: [sameName(name), { versions: { some: { objectId: { in: objectIds } } } }],
  };
}

function refuseTaken({ records, objects }: Facts, { name, versions }: AdoptInput): void {
  const ids = new Set(versions.map(({ objectId }) => objectId));
  const record = records.find((each) => !each.removedAt && isSameName(each.name, name));
  const object = objects.find((each) => isSameName(each.name, name) && !ids.has(each.id));
  const taken = record?.name ?? object?.name;
  if (taken === undefined) return;
  throw new AppError("name-taken", `There is a secret named ${taken} already. Choose another name.`, { field: "name" });
}

function requireUnmanaged({ objects, records }: Facts, objectId: string): SecretObject {
  const object = objects.find(({ id }) => id === objectId);
  if (!object) {
    throw new AppError("not-found", "One of these secrets is no longer in the Swarm. Look at the list again.");
  }
  const owner = records.find(({ versions }) => versions.some((version) => version.objectId === objectId));
  if (owner) throw new AppError("invalid-input", `${object.name} belongs to ${owner.name} already. Leave it out.`);
  return object;
}

function refuseRepeated(numbers: number[]): void {
  const repeated = numbers.find((number, index) => numbers.indexOf(number) !== index);
  if (repeated === undefined) return;
  throw new AppError("invalid-input", `Two versions have the number ${repeated}. Give each its own.`, {
    field: "versions",
  });
}

function isNamed({ services }: Facts, { id }: SecretObject): boolean {
  return services.some(({ references }) => references.some(({ objectId }) => objectId === id));
}
