import "server-only";
import { endOfCall } from "./call.ts";
import { lateSeconds } from "./close-intent.ts";
import { findStep, type LedgerStep, type Operation, rotatorsOf, withoutProgress } from "./ledger.ts";
import { event, type Pass, secretsNamed, systemActor } from "./pass.ts";
import type { PlannedRotator } from "./planned-value.ts";
import { isTested, mayHaveTaken } from "./rotator-turn.ts";
import type { OperationEvent, RecordChange } from "./store-port.ts";

/**
 * Between the first object with a password and the test of that password, only the process that made it has it. Where
 * that one ended, what it made is given up, each object as a version of its own, and the operation starts over with a
 * fresh one. After the test nobody needs it: what goes on from there needs the object alone.
 */
export async function startOver(pass: Pass): Promise<void> {
  const { operation, made } = pass;
  const rotators = rotatorsOf(operation.plan);
  for (const { rotatorId } of rotators) if (isTested(operation, rotatorId)) made.forget(rotatorId);
  if (operation.direction !== "forward") return;
  for (const rotator of rotators.filter((each) => isLost(pass, each))) await giveUp(pass, rotator);
}

/** An object is there whose password nobody has. What a call without an answer made is found out first. */
function isLost({ operation, made }: Pass, { rotatorId }: PlannedRotator): boolean {
  if (isTested(operation, rotatorId)) return false;
  const creates = createsOf(operation, rotatorId);
  if (creates.some((step) => step.facts.intent)) return false;
  return creates.some((step) => step.facts.object && !made.wasSentBy(rotatorId, callOf(step)));
}

/** The call that made its object. */
function callOf({ key, attempt, facts }: LedgerStep) {
  return { key, attempt: facts.object?.attempt ?? attempt };
}

async function giveUp(pass: Pass, { rotatorId, rotatorName }: PlannedRotator): Promise<void> {
  const { operation, ports, made } = pass;
  made.forget(rotatorId);
  const records: RecordChange[] = [];
  const events: OperationEvent[] = [];
  const steps: LedgerStep[] = [];
  const isSent = mayHaveTaken(operation, rotatorId);
  for (const step of createsOf(operation, rotatorId)) {
    const { object, givenUp = [] } = step.facts;
    if (object) records.push(...givenUpAs(ports.random.id(), step, isSent));
    steps.push({ ...withoutProgress(step), facts: { givenUp: object ? [...givenUp, object] : givenUp } });
  }
  for (const name of ["set", "test"] as const) {
    const step = findStep(operation, name, rotatorId);
    if (!step) continue;
    // Sent late, it meets the higher generation of what is set now.
    const ended = endOfCall(step, "unknown", { actor: systemActor, seen: "the password that was sent is gone" });
    events.push(...ended.events);
    steps.push({ ...withoutProgress(ended.step), facts: { sent: step.facts.sent ?? null } });
  }
  const because = `The process that had the new password ended before ${rotatorName} was seen to take it.`;
  events.push(event(systemActor, { type: "operation.started-over", secrets: secretsNamed(operation), because }));
  await pass.save({ steps, records, events, onlyIn: "forward" });
}

/** Where its call was sent more than once, the object's name keeps the other call out, for as long as that may still come. */
function givenUpAs(as: string, { subjectId: versionId, facts }: LedgerStep, isSent: boolean): RecordChange[] {
  return [
    { record: "version-given-up", versionId, as, keepSeconds: facts.repeatedAt ? lateSeconds : 0 },
    ...(isSent ? [] : [{ record: "version-not-set", versionId: as } as const]),
  ];
}

function createsOf({ plan, steps }: Operation, rotatorId: string): LedgerStep[] {
  const versions = plan.create.filter(({ value }) => value.from === "rotator" && value.rotatorId === rotatorId);
  const ids = new Set(versions.map(({ versionId }) => versionId));
  return steps.filter(({ name, subjectId }) => name === "create" && ids.has(subjectId));
}
