import "server-only";
import type { OperationOutcome } from "#lib/audit/schema.ts";
import { allChanges, awaitsPerson, findStep, type Operation, stepsNamed } from "./ledger.ts";
import { event, type Pass, secretsNamed, systemActor } from "./pass.ts";
import type { Verification } from "./schema.ts";

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
  const seconds = Math.max(0, (now.getTime() - Date.parse(operation.createdAt)) / 1000);
  const ended = event(systemActor, {
    type: "operation.ended",
    kind: operation.kind,
    outcome,
    secrets,
    seconds,
    services: movedLanes(operation),
    leftOut: leftOutOf(operation),
  });
  const verification = outcome === "done" || outcome === "done-left-out" ? verificationOf(operation) : null;
  const endedAt = now.toISOString();
  await pass.save({
    operation: { state: "ended", outcome, verification, endedAt },
    events: [ended],
    unlock: "all",
  });
  return "ended";
}

export function outcomeOf(operation: Operation): OperationOutcome {
  if (operation.attention?.choice === "accept") return "accepted";
  const isMoved = movedLanes(operation).length > 0;
  if (operation.direction === "forward") return leftOutOf(operation).length > 0 ? "done-left-out" : "done";
  if (operation.direction === "stopping" && isMoved) {
    const isStopped = stepsNamed(operation, "move").some(({ facts }) => facts.left === "stopped");
    if (isStopped) return "stopped-mixed";
    return leftOutOf(operation).length > 0 ? "done-left-out" : "done";
  }
  // R8: an undo that another hand stood in the way of is no whole one.
  if (stepsNamed(operation, "undo").some(({ facts }) => facts.left === "another-hand")) return "stopped-mixed";
  const isAnyMade = stepsNamed(operation, "create").some(({ facts }) => facts.object);
  const isAnySent = stepsNamed(operation, "move").some(({ facts }) => facts.isApplied);
  return isAnyMade || isAnySent ? "undone" : "failed-nothing-changed";
}

/** Services that this operation changed. */
function movedLanes(operation: Operation): Named[] {
  return stepsNamed(operation, "move")
    .filter(({ state, facts }) => state === "done" && facts.isApplied)
    .map(({ subjectId, subjectName }) => ({ id: subjectId, name: subjectName }));
}

/** Still on another version: left out by the plan or by what they are, moved by another hand, or held by the gate. */
export function leftOutOf(operation: Operation): Named[] {
  const planned = allChanges(operation)
    .filter(({ leftOut }) => leftOut !== null)
    .map(({ serviceId, serviceName }) => ({ id: serviceId, name: serviceName }));
  const byAnotherHand = stepsNamed(operation, "move").filter(({ facts, subjectId }) => {
    return facts.left === "another-hand" || findStep(operation, "watch", subjectId)?.facts.left === "another-hand";
  });
  const held = stepsNamed(operation, "remove").filter(
    ({ state, facts }) => state === "skipped" && facts.heldBy?.length,
  );
  const named = [...byAnotherHand, ...held].map(({ subjectId, subjectName }) => ({ id: subjectId, name: subjectName }));
  return [...planned, ...named];
}

/** As far as the least known of its services. */
function verificationOf(operation: Operation): Verification | null {
  const known = stepsNamed(operation, "watch").flatMap(({ facts }) => facts.verification ?? []);
  const words: Verification[] = ["unverified-asleep", "running-not-verified", "verified"];
  return words.find((word) => known.includes(word)) ?? null;
}
