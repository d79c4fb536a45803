import "server-only";
import { AppError } from "#lib/errors.ts";
import { type Facts, readFacts } from "#lib/grants/facts.ts";
import { acrossWarning, crossesStacks, readAccessWarning, resolveGrant } from "#lib/grants/resolve.ts";
import type { Confirmed } from "#lib/grants/schema.ts";
import { confirmPlan, emptyPlan, requireAllowed, shownPlan } from "#lib/grants/shown.ts";
import { serviceWarnings } from "#lib/grants/warnings.ts";
import type { PlannedValue, SourcedValue } from "#lib/operations/planned-value.ts";
import type { Plan, PlannedChange, PlannedVersion, SecretSettings, ShownPlan } from "#lib/operations/schema.ts";
import { startOperation } from "#lib/operations/start.ts";
import type { Permit } from "#lib/policy/permit.ts";
import { isAllowed } from "#lib/policy/rules.ts";
import type { Actor } from "#lib/policy/schema.ts";
import type { Defaults } from "#lib/settings/schema.ts";
import type { SecretValue } from "#lib/value.ts";
import { someOf } from "#lib/words.ts";
import { nextNumber, objectNameOf, sameName, takenBy } from "./names.ts";
import { type CreateInput, usualGenerator } from "./schema.ts";
import { forgetting, valuesFor } from "./values.ts";

/** As a form says it; of an import, with the place at a source where its first value is read. */
export type NewSecret = Omit<CreateInput, "source"> &
  ({ source: CreateInput["source"] } | { source: "source"; at: SourcedValue });

export async function planCreate(actor: Actor, input: CreateInput): Promise<ShownPlan> {
  requireAllowed(actor, "secret.create", {});
  const facts = await readFacts(sameName(input.name));
  return shownPlan(facts, createPlanOf(facts, input, { mayCross: mayCross(actor) }));
}

export async function createSecret(
  permit: Permit<"secret.create">,
  input: CreateInput & Confirmed,
  value: SecretValue | null = null,
) {
  return forgetting([value], async () => {
    const facts = await readFacts(sameName(input.name));
    const made = createPlanOf(facts, input, { mayCross: mayCross(permit.actor) });
    const plan = confirmPlan(facts, made, input.fingerprint);
    return startOperation(permit, plan, { values: valuesFor(plan, () => ({ value, field: "value" })) });
  });
}

/** A first version, and a grant for each service that was chosen. The number is one that nobody has used under this name. */
export function createPlanOf(facts: Facts, input: NewSecret, options: { mayCross: boolean }): Plan {
  refuseTaken(facts, input.name);
  const secretId = facts.newId();
  const create = firstVersion(facts, secretId, input);
  const to = { object: "created", versionId: create.versionId } as const;
  const settings = settingsOf(facts.defaults, input);
  const granted = input.grants.map((wish) =>
    resolveGrant(facts, wish, {
      name: input.name,
      to,
      objectName: create.objectName,
      soakSeconds: settings.soakSeconds,
    }),
  );
  const services = granted.map(({ service }) => service);
  const changes = mergeByService(granted.map(({ change }) => change));
  return {
    ...emptyPlan(facts, "create"),
    secrets: [{ secretId, secretName: input.name, fromVersion: null, toVersion: create.number }],
    create: [create],
    changes,
    record: [{ record: "create", secretId, name: input.name, settings }],
    warnings: [
      ...(crossesStacks([], services) ? [acrossWarning(services, options.mayCross)] : []),
      ...(services.length > 0 ? [readAccessWarning(someOf(services.map(({ name }) => name)))] : []),
      ...granted.flatMap(({ warnings }) => warnings),
      ...serviceWarnings(facts, changes),
    ],
  };
}

function firstVersion(facts: Facts, secretId: string, input: NewSecret): PlannedVersion {
  const number = nextNumber(facts, input.name);
  return {
    secretId,
    secretName: input.name,
    versionId: facts.newId(),
    number,
    objectName: objectNameOf(input.name, number),
    value: firstValue(input),
    labelsOf: null,
    templating: null,
  };
}

function firstValue(input: NewSecret): PlannedValue {
  if (input.source === "typed") return { from: "typed" };
  if (input.source === "source") return input.at;
  return { from: input.source, generator: input.generator ?? usualGenerator };
}

/** A generated secret keeps its generator: that is what makes its rotation one click. */
function settingsOf(defaults: Defaults, input: NewSecret): SecretSettings {
  const { owner, description, tags, oldStaysValid } = input;
  const { order = defaults.order, soakSeconds = defaults.soakSeconds, keepSeconds = defaults.keepSeconds } = input;
  const isMade = input.source === "generated" || input.source === "shown";
  const generator = input.generator ?? (isMade ? usualGenerator : null);
  return { owner, description, tags, order, soakSeconds, keepSeconds, oldValueStaysValid: oldStaysValid, generator };
}

function refuseTaken(facts: Facts, name: string): void {
  const problem = takenBy(facts, name);
  if (problem) throw new AppError("name-taken", problem, { field: "name" });
}

function mayCross(actor: Actor): boolean {
  return isAllowed(actor, "secret.grant", { secretId: "", isAcrossStacks: true });
}

function mergeByService(changes: PlannedChange[]): PlannedChange[] {
  const merged = new Map<string, PlannedChange>();
  for (const change of changes) {
    const known = merged.get(change.serviceId);
    merged.set(change.serviceId, known ? { ...known, edits: [...known.edits, ...change.edits] } : change);
  }
  return [...merged.values()].toSorted((a, b) => a.serviceName.localeCompare(b.serviceName));
}
