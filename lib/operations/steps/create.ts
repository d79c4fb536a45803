import "server-only";
import type { SwarmCall } from "#lib/audit/schema.ts";
import { AppError } from "#lib/errors.ts";
import { attemptLabel, operationLabel, versionLabel } from "#lib/swarm/labels.ts";
import type { SecretObject } from "#lib/swarm/schema.ts";
import type { SecretValue } from "#lib/value.ts";
import { callSwarm, endOfCall, repeatCall } from "../call.ts";
import { secondsUntilLate, waitsForLate } from "../close-intent.ts";
import type { Intent, LedgerStep } from "../ledger.ts";
import { highestNumber, isOwnObject, nameOfNumber } from "../object-name.ts";
import { type Pass, type StepOutcome, starterOf, systemActor } from "../pass.ts";
import { isOfRequest } from "../planned-value.ts";
import type { PlannedVersion } from "../schema.ts";

/** R1, R2: exactly one new object. Its name is taken in the Swarm at once, so a second create of it fails. */
export async function create(pass: Pass, step: LedgerStep): Promise<StepOutcome> {
  const { operation } = pass;
  const version = operation.plan.create.find(({ versionId }) => versionId === step.subjectId);
  if (!version) return { outcome: "failed", because: "The plan does not say what is to be made." };
  const { intent } = step.facts;
  if (intent) return settle(pass, step, version, intent);
  if (operation.direction !== "forward") return { outcome: "skipped" };
  if (isLost(pass, version)) return { outcome: "failed", because: valueLost(pass) };
  const number = step.facts.number ?? (await freeNumber(pass, version));
  return make(pass, step, version, { number, name: nameOfNumber(version, number) });
}

/** Of several values none is kept, whichever the Swarm had: all of them are for the same moment. */
function valueLost({ operation }: Pass): string {
  return operation.plan.create.length > 1
    ? "The request that had the values ended before the Swarm had them all. Enter the values again."
    : "The request that had the value ended before the Swarm had it. Enter the value again.";
}

/** A value that a person typed, or is to see, is nowhere but in the request. */
function isLost({ values }: Pass, { value }: PlannedVersion): boolean {
  return isOfRequest(value) && values === null;
}

async function make(
  pass: Pass,
  step: LedgerStep,
  version: PlannedVersion,
  { number, name }: { number: number; name: string },
): Promise<StepOutcome> {
  const { secretId, secretName, versionId, value } = version;
  const labels = await carriedLabels(pass, version);
  const { sourceVersionId = null, bindingId = null } = value.from === "source" ? value : {};
  const call: SwarmCall = {
    call: "secret.create",
    objectName: name,
    version: number,
    secret: { id: secretId, name: secretName },
    labelKeys: Object.keys(labels).sort(),
  };
  const sent = await withSourced(pass, version, (sourced) =>
    callSwarm(pass, step, call, (attempt) => send(pass, version, { name, attempt, carried: labels, sourced }), {
      actor: starterOf(pass.operation),
      facts: { number },
      records: [
        { record: "version-intended", versionId, secretId, number, objectName: name, sourceVersionId, bindingId },
      ],
      isOnlyInThisDirection: true,
    }),
  );
  return made(pass, sent.step, { id: sent.answer.id, name, number }, null);
}

/** A source is asked before the call is written down: what it cannot give now needs no call, and nothing was changed. */
async function withSourced<T>(
  { ports }: Pass,
  { value }: PlannedVersion,
  work: (sourced: SecretValue | null) => Promise<T>,
): Promise<T> {
  if (value.from !== "source") return work(null);
  const sourced = await ports.sources.read(value);
  try {
    return await work(sourced);
  } finally {
    sourced.forget();
  }
}

/** Their values are in no plan: they are read from the old object, and are the new one's a moment later. */
async function carriedLabels({ ports }: Pass, { labelsOf }: PlannedVersion): Promise<Record<string, string>> {
  if (!labelsOf || labelsOf.keys.length === 0) return {};
  const old = (await ports.swarm.listSecrets()).find(({ id }) => id === labelsOf.objectId);
  return Object.fromEntries(Object.entries(old?.labels ?? {}).filter(([key]) => labelsOf.keys.includes(key)));
}

type Sending = { name: string; attempt: number; carried: Record<string, string>; sourced: SecretValue | null };

async function send(pass: Pass, version: PlannedVersion, sending: Sending): Promise<{ id: string }> {
  const { name, attempt, carried, sourced } = sending;
  const value = sourced ?? pass.values?.valueOf(version, attempt) ?? generated(pass, version);
  const labels = {
    ...carried,
    [operationLabel]: pass.operation.id,
    [versionLabel]: version.versionId,
    [attemptLabel]: String(attempt),
  };
  try {
    return await pass.ports.swarm.createSecret({ name, labels, templating: version.templating }, value);
  } finally {
    if (!pass.values && !sourced) value.forget();
  }
}

function generated(pass: Pass, { value }: PlannedVersion) {
  if (value.from !== "generated") throw new AppError("value-lost", valueLost(pass));
  return pass.ports.random.value(value.generator);
}

/** After a lost answer: the label says whether it arrived. What is not there yet may still come, but only once. */
async function settle(pass: Pass, step: LedgerStep, version: PlannedVersion, intent: Intent): Promise<StepOutcome> {
  const objects = await pass.ports.swarm.listSecrets();
  const own = objects.find(({ labels }) => isOwnObject(labels, pass.operation, version));
  if (own) return takeOver(pass, step, version, own);
  const name = nameOfNumber(version, step.facts.number ?? version.number);
  const foreign = objects.find((object) => object.name.toLowerCase() === name.toLowerCase());
  if (foreign) return nextNumber(pass, step, version, objects);
  if (pass.operation.direction === "forward" && !isLost(pass, version)) return again(pass, step, version, intent);
  const seconds = secondsUntilLate(pass, intent);
  if (seconds > 0) return { outcome: "wait", seconds: Math.min(seconds, 5), facts: { waitsFor: waitsForLate } };
  const ended = endOfCall(step, "not-applied", { actor: systemActor, seen: "the Swarm has no such object" });
  const facts = { waitsFor: null };
  if (pass.operation.direction !== "forward") return { outcome: "skipped", ...ended, facts };
  return { outcome: "failed", ...ended, facts, because: valueLost(pass) };
}

/**
 * The object of a value that nobody has seen is as good as any. One that a person typed, or is about to see, must be
 * the very value that this request has; without the request, it is kept only to be removed.
 */
function takeOver(pass: Pass, step: LedgerStep, version: PlannedVersion, own: SecretObject): StepOutcome {
  const number = step.facts.number ?? version.number;
  const object = { id: own.id, name: own.name, number };
  const isSameValue = !isOfRequest(version.value) || pass.values?.isOwnAttempt(Number(own.labels[attemptLabel]));
  const { intent } = step.facts;
  const repeatedAt = intent?.isRepeated ? intent.at : null;
  const sent = made(pass, step, object, "the object is there");
  const outcome = { ...sent, facts: { ...sent.facts, repeatedAt } };
  if (isSameValue || pass.operation.direction !== "forward") return outcome;
  return { ...outcome, outcome: "failed", because: valueLost(pass) };
}

/** The same name and attempt again: names are unique, so at most one of the two can be made. */
async function again(pass: Pass, step: LedgerStep, version: PlannedVersion, intent: Intent): Promise<StepOutcome> {
  const number = step.facts.number ?? version.number;
  const name = nameOfNumber(version, number);
  const carried = await carriedLabels(pass, version);
  const repeatedAt = pass.now().toISOString();
  const { attempt } = intent;
  const answer = await withSourced(pass, version, (sourced) =>
    repeatCall(pass, step, () => send(pass, version, { name, attempt, carried, sourced })),
  );
  const outcome = made(pass, step, { id: answer.id, name, number }, null);
  return { ...outcome, facts: { ...outcome.facts, repeatedAt } };
}

function nextNumber(pass: Pass, step: LedgerStep, version: PlannedVersion, objects: SecretObject[]): StepOutcome {
  const ended = endOfCall(step, "not-applied", {
    actor: starterOf(pass.operation),
    seen: "another object has this name",
  });
  return { outcome: "again", ...ended, facts: { number: highestNumber(version, objects) + 1 } };
}

/** The plan saw the highest number a moment ago; what came since makes it the next one. */
async function freeNumber({ ports }: Pass, version: PlannedVersion): Promise<number> {
  const objects = await ports.swarm.listSecrets();
  const isTaken = objects.some(({ name }) => name.toLowerCase() === version.objectName.toLowerCase());
  return isTaken ? Math.max(version.number, highestNumber(version, objects)) + 1 : version.number;
}

function made(
  pass: Pass,
  step: LedgerStep,
  object: { id: string; name: string; number: number },
  seen: string | null,
): StepOutcome {
  const ended = endOfCall(step, "applied", { actor: starterOf(pass.operation), seen, objectId: object.id });
  return {
    outcome: "done",
    ...ended,
    facts: { object, waitsFor: null },
    records: [{ record: "version-made", versionId: step.subjectId, objectId: object.id }],
  };
}
