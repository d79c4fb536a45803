import "server-only";
import type { OperationOutcome, Verification } from "#lib/audit/schema.ts";
import {
  allChanges,
  awaitsPerson,
  findStep,
  isHalfWay,
  type LedgerStep,
  type Operation,
  stepsNamed,
  wasUndone,
} from "./ledger.ts";
import { event, type Pass, secretsNamed, systemActor } from "./pass.ts";

type Named = { id: string; name: string };

/** Nothing more can run: either a person has to decide, or this is the end, in words of its own (R8). */
export async function finish(pass: Pass): Promise<"needs-attention" | "ended"> {
  const { operation, ports } = pass;
  const secrets = secretsNamed(operation);
  if (awaitsPerson(operation) && operation.attention) {
    const { because } = operation.attention;
    const needs = event(systemActor, { type: "operation.needs-attention", secrets, because });
    await pass.save({ operation: { state: "needs-attention" }, events: [needs], unlock: "all" });
    return "needs-attention";
  }
  const now = ports.clock.now();
  const outcome = outcomeOf(operation);
  const verification = outcome === "done" || outcome === "done-left-out" ? verificationOf(operation) : null;
  const seconds = Math.max(0, (now.getTime() - Date.parse(operation.createdAt)) / 1000);
  const ended = event(systemActor, {
    type: "operation.ended",
    kind: operation.kind,
    outcome,
    secrets,
    seconds,
    services: movedLanes(operation),
    leftOut: leftOutOf(operation),
    ...(verification ? { verification } : {}),
  });
  const endedAt = now.toISOString();
  await pass.save({
    operation: { state: "ended", outcome, verification, endedAt },
    events: [ended],
    records: keptOf(operation).map(({ id }) => ({ record: "version-kept", versionId: id })),
    unlock: "all",
  });
  return "ended";
}

export function outcomeOf(operation: Operation): OperationOutcome {
  const { direction } = operation;
  if (operation.attention?.choice === "accept") return "accepted";
  if (direction === "undoing" || wasUndone(operation)) return undoOutcome(operation);
  const isRecorded = findStep(operation, "record")?.state === "done";
  if (direction === "stopping" && !isRecorded && movedLanes(operation).length === 0) return undoOutcome(operation);
  if (direction === "forward" || !isStopped(operation))
    return leftOutOf(operation).length > 0 ? "done-left-out" : "done";
  return isAnythingChanged(operation) ? "stopped-mixed" : "failed-nothing-changed";
}

/** Whether something that was planned was left because of the stop. */
function isStopped(operation: Operation): boolean {
  return stepsNamed(operation, "move", "remove").some(({ facts }) => facts.left === "stopped");
}

function isAnythingChanged(operation: Operation): boolean {
  const isAnyMade = stepsNamed(operation, "create").some(({ facts }) => facts.object);
  return isAnyMade || movedLanes(operation).length > 0 || removedOf(operation).length > 0;
}

/**
 * R8: an undo that another hand stood in the way of, or from which an object was removed already, is no whole one.
 * Where a value never came to the Swarm, its request died over it, or the other side does not take it, no service was
 * touched: what was made is given up, and nobody ran it.
 */
function undoOutcome(operation: Operation): OperationOutcome {
  const isHindered = stepsNamed(operation, "undo", "watch-undo").some(({ name, state, facts }) => {
    return facts.left === "another-hand" || facts.isPartial || (name === "undo" && state === "failed");
  });
  if (isHindered || removedOf(operation).length > 0) return "stopped-mixed";
  const creates = stepsNamed(operation, "create");
  const isAnySent = stepsNamed(operation, "move").some(({ facts }) => facts.isApplied);
  const hasFailed = stepsNamed(operation, "create", "set", "test").some(({ state }) => state === "failed");
  const isGivenUp = operation.isValueInRequest || hasFailed;
  const isAnyMade = creates.some(({ facts }) => facts.object) && !isGivenUp;
  return isAnyMade || isAnySent ? "undone" : "failed-nothing-changed";
}

/** Objects that this operation removed from the Swarm. */
export function removedOf(operation: Operation): Named[] {
  return namesOf(stepsNamed(operation, "remove").filter(({ state }) => state === "done"));
}

/** Objects that it was to remove, and that stay: a person stopped it, or left it as it is. The schedule keeps off them. */
export function keptOf(operation: Operation): Named[] {
  const { attention, direction } = operation;
  const isHers = attention === null || attention.choice === "accept";
  const isScheduled = findStep(operation, "record")?.state === "done" && !isHalfWay(operation);
  if (direction !== "stopping" || !isHers || !isScheduled) return [];
  const removes = stepsNamed(operation, "remove");
  return namesOf(removes.filter(({ state, facts }) => state === "failed" || facts.left === "stopped"));
}

function namesOf(steps: readonly LedgerStep[]): Named[] {
  return steps.map(({ subjectId, subjectName }) => ({ id: subjectId, name: subjectName }));
}

/** Services that this operation changed. */
function movedLanes(operation: Operation): Named[] {
  return namesOf(stepsNamed(operation, "move").filter(({ state, facts }) => state === "done" && facts.isApplied));
}

/** Still on another version: services, and what is held by the gate. */
export function leftOutOf(operation: Operation): Named[] {
  return [...servicesLeftOut(operation), ...namesOf(heldRemoves(operation))];
}

/** Left out by the plan or by what they are, or moved by another hand. */
export function servicesLeftOut(operation: Operation): Named[] {
  const planned = allChanges(operation)
    .filter(({ leftOut }) => leftOut !== null)
    .map(({ serviceId, serviceName }) => ({ id: serviceId, name: serviceName }));
  const onTheWay = stepsNamed(operation, "move").filter(({ facts, subjectId }) => {
    if (facts.left === "runs-to-end" || facts.isPartial) return true;
    return facts.left === "another-hand" || findStep(operation, "watch", subjectId)?.facts.left === "another-hand";
  });
  return [...planned, ...namesOf(onTheWay)];
}

/** What the gate did not let go, and is asked for again later. */
export function heldRemoves(operation: Operation): LedgerStep[] {
  return stepsNamed(operation, "remove").filter(
    ({ state, facts }) => state === "skipped" && facts.left !== "stopped" && facts.heldBy?.length,
  );
}

/** As far as the least known of its services. */
function verificationOf(operation: Operation): Verification | null {
  const known = stepsNamed(operation, "watch").flatMap(({ facts }) => facts.verification ?? []);
  const words: Verification[] = ["unverified-asleep", "running-not-verified", "verified"];
  return words.find((word) => known.includes(word)) ?? null;
}
