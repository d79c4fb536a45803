import "server-only";
import type { SwarmCall } from "#lib/audit/schema.ts";
import { attemptLabel, operationLabel, versionLabel } from "#lib/swarm/labels.ts";
import type { SecretObject } from "#lib/swarm/schema.ts";
import type { SecretValue } from "#lib/value.ts";
import { callOutside, endOfCall, repeatCall } from "../call.ts";
import { secondsUntilLate, waitsForLate } from "../close-intent.ts";
import type { LedgerStep } from "../ledger.ts";
import { highestNumber, isOwnObject, nameOfNumber } from "../object-name.ts";
import { type Pass, type StepOutcome, starterOf, systemActor } from "../pass.ts";
import { isOfRequest } from "../planned-value.ts";
import type { PlannedVersion } from "../schema.ts";
import type { Intent } from "../step-facts.ts";
import { isLost, originOf, valueLost, valueToSend, withSourced } from "../value-to-send.ts";

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

async function make(
  pass: Pass,
  step: LedgerStep,
  version: PlannedVersion,
  { number, name }: { number: number; name: string },
): Promise<StepOutcome> {
  const { secretId, secretName, versionId } = version;
  const { key } = step;
  const labels = await carriedLabels(pass, version);
  const call: SwarmCall = {
    call: "secret.create",
    objectName: name,
    version: number,
    secret: { id: secretId, name: secretName },
    labelKeys: Object.keys(labels).sort(),
  };
  const sent = await withSourced(pass, version, (sourced) =>
    callOutside(pass, step, call, (attempt) => send(pass, version, { name, key, attempt, carried: labels, sourced }), {
      actor: starterOf(pass.operation),
      facts: { number },
      records: [
        { record: "version-intended", versionId, secretId, number, objectName: name, ...originOf(pass, version) },
      ],
      isOnlyInThisDirection: true,
    }),
  );
  return made(pass, sent.step, { id: sent.answer.id, name, number }, null);
}

/** Their values are in no plan: they are read from the old object, and are the new one's a moment later. */
async function carriedLabels({ ports }: Pass, { labelsOf }: PlannedVersion): Promise<Record<string, string>> {
  if (!labelsOf || labelsOf.keys.length === 0) return {};
  const old = (await ports.swarm.listSecrets()).find(({ id }) => id === labelsOf.objectId);
  return Object.fromEntries(Object.entries(old?.labels ?? {}).filter(([key]) => labelsOf.keys.includes(key)));
}

type Sending = {
  name: string;
  key: string;
  attempt: number;
  carried: Record<string, string>;
  sourced: SecretValue | null;
};

async function send(pass: Pass, version: PlannedVersion, sending: Sending): Promise<{ id: string }> {
  const { name, attempt, carried } = sending;
  const { value, isToForget } = await valueToSend(pass, version, sending);
  const labels = {
    ...carried,
    [operationLabel]: pass.operation.id,
    [versionLabel]: version.versionId,
    [attemptLabel]: String(attempt),
  };
  try {
    return await pass.ports.swarm.createSecret({ name, labels, templating: version.templating }, value);
  } finally {
    if (isToForget) value.forget();
  }
}

/** After a lost answer: the label says whether it arrived. What is not there yet may still come, but only once. */
async function settle(pass: Pass, step: LedgerStep, version: PlannedVersion, intent: Intent): Promise<StepOutcome> {
  const objects = await pass.ports.swarm.listSecrets();
  const own = ownObjects(pass, step, version, objects);
  const sent = own.find(({ labels }) => isOf(labels, version, intent));
  if (sent) return takeOver(pass, step, version, sent);
  const [stray] = own;
  if (stray) return takeStray(pass, step, version, stray);
  const name = nameOfNumber(version, step.facts.number ?? version.number);
  const foreign = objects.find((object) => object.name.toLowerCase() === name.toLowerCase());
  if (foreign) return nextNumber(pass, step, version, objects);
  const isForward = pass.operation.direction === "forward";
  if (isForward && mayRepeat(pass, step, version)) return again(pass, step, version, intent);
  const seconds = secondsUntilLate(pass, intent);
  if (seconds > 0) return { outcome: "wait", seconds: Math.min(seconds, 5), facts: { waitsFor: waitsForLate } };
  const ended = endOfCall(step, "not-applied", { actor: systemActor, seen: "the Swarm has no such object" });
  const facts = { waitsFor: null };
  if (!isForward) return { outcome: "skipped", ...ended, facts };
  if (!isLost(pass, version)) return { outcome: "again", ...ended, facts };
  return { outcome: "failed", ...ended, facts, because: valueLost(pass) };
}

/** Those that were not given up before. */
function ownObjects({ operation }: Pass, { facts }: LedgerStep, version: PlannedVersion, objects: SecretObject[]) {
  const givenUp = new Set(facts.givenUp?.map(({ id }) => id));
  return objects.filter(({ id, labels }) => isOwnObject(labels, operation, version) && !givenUp.has(id));
}

/** Where a fresh password was begun with, what came of the calls before it has another one. */
function isOf(labels: SecretObject["labels"], { value }: PlannedVersion, { attempt }: Intent): boolean {
  return value.from !== "rotator" || Number(labels[attemptLabel]) === attempt;
}

/** The same value as before, or one that only the object has to know: a password that was set elsewhere is neither. */
function mayRepeat(pass: Pass, step: LedgerStep, version: PlannedVersion): boolean {
  const { value } = version;
  return value.from === "rotator" ? pass.made.wasSentBy(value.rotatorId, step) : !isLost(pass, version);
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

/** An earlier call came later than anything was waited for: its object is known from now on, and given up by a start over. */
function takeStray(pass: Pass, step: LedgerStep, version: PlannedVersion, stray: SecretObject): StepOutcome {
  const number = Number(/\d+$/.exec(stray.name)?.[0] ?? version.number);
  const attempt = Number(stray.labels[attemptLabel]);
  const object = { id: stray.id, name: stray.name, number, attempt };
  const seen = "the object of an earlier attempt came late";
  const { versionId, secretId } = version;
  return {
    outcome: "done",
    ...endOfCall(step, "not-applied", { actor: starterOf(pass.operation), seen }),
    facts: { object, waitsFor: null, repeatedAt: step.facts.intent?.at ?? null },
    records: [
      { record: "version-intended", versionId, secretId, number, objectName: stray.name, ...originOf(pass, version) },
      { record: "version-made", versionId, objectId: stray.id },
    ],
  };
}

/** The same name and attempt again: names are unique, so at most one of the two can be made. */
async function again(pass: Pass, step: LedgerStep, version: PlannedVersion, intent: Intent): Promise<StepOutcome> {
  const number = step.facts.number ?? version.number;
  const name = nameOfNumber(version, number);
  const carried = await carriedLabels(pass, version);
  const repeatedAt = pass.now().toISOString();
  const { attempt } = intent;
  const answer = await withSourced(pass, version, (sourced) =>
    repeatCall(pass, step, () => send(pass, version, { name, key: step.key, attempt, carried, sourced })),
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
