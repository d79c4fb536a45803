import "server-only";
import { AppError } from "#lib/errors.ts";
import { allowed } from "#lib/policy/rules.ts";
import { type Actor, operationVerbs } from "#lib/policy/schema.ts";
import { someOf } from "#lib/words.ts";
import { attentionOf } from "./attention.ts";
import { lanesOf } from "./lanes.ts";
import { findStep, isHalfWay, type Operation } from "./ledger.ts";
import { nowOf, type SeenSwarm } from "./now.ts";
import { phasesOf } from "./phases.ts";
import { isOneWay } from "./rotator-turn.ts";
import type { LaneState, LaneView, OperationRow, OperationView, Plan } from "./schema.ts";
import { isToLeaked } from "./starter.ts";
import { summaryOf } from "./summary.ts";

/** An operation as a person sees it, with what she may do about it. */
export function viewOf(operation: Operation, reader: Actor, swarm: SeenSwarm | null = null): OperationView {
  const { id, kind, state, direction, outcome, verification, plan, actor, endedAt, revision } = operation;
  // Who has to decide is told what every service has now; else those are named that are not as the ledger wanted them.
  const lanes = lanesOf(operation).map((lane) => {
    const isTold = state === "needs-attention" || astray.has(lane.state);
    return isTold && swarm ? { ...lane, now: nowOf(operation, lane.serviceId, swarm) } : lane;
  });
  return {
    id,
    kind,
    state,
    direction,
    outcome,
    verification,
    plan,
    title: titleOf(plan),
    endedAt,
    revision,
    lanes,
    outage: outageOf(operation),
    startedBy: nameOf(actor),
    startedAt: operation.createdAt,
    phases: phasesOf(operation, lanes),
    attention: attentionOf(operation, lanes, swarm?.services),
    ...summaryOf(operation, lanes),
    can: choicesOf(operation, reader),
  };
}

const astray: ReadonlySet<LaneState> = new Set(["left-out", "failed", "moved-by-another-hand"]);

export function rowOf(operation: Operation): OperationRow {
  const { id, kind, state, outcome, verification, plan, actor, createdAt, endedAt } = operation;
  const lanes = lanesOf(operation);
  return {
    id,
    kind,
    state,
    outcome,
    verification,
    endedAt,
    outage: outageOf(operation),
    secretNames: plan.secrets.map(({ secretName }) => secretName),
    title: titleOf(plan),
    startedBy: nameOf(actor),
    isToLeaked: isToLeaked(plan),
    startedAt: createdAt,
    servicesDone: lanes.filter((lane) => lane.state === "done").length,
    servicesWanted: lanes.filter((lane) => lane.state !== "left-out" || isGivenUp(operation, lane)).length,
  };
}

/** Who is asked, or sees the end, is not told that nobody could be asked. */
function outageOf({ state, outage }: Operation): OperationView["outage"] {
  return state === "open" ? outage : null;
}

/** It was to be moved, and the operation ended before its turn. */
function isGivenUp(operation: Operation, { serviceId }: LaneView): boolean {
  const left = findStep(operation, "move", serviceId)?.facts.left;
  return left === "stopped" || left === "superseded";
}

/** R9: what another operation on the same secret is told. */
export function busyWith(plan: Plan | null): AppError {
  const what = plan ? `"${titleOf(plan)}"` : "Another operation on this secret";
  return new AppError("busy", `${what} is under way. Wait for its end, or stop it on its page, then try again.`);
}

/** "Rotate db_password". */
export function titleOf({ kind, secrets }: Pick<Plan, "kind" | "secrets">): string {
  return `${operationVerbs[kind]} ${someOf(secrets.map(({ secretName }) => secretName))}`.trim();
}

function choicesOf(operation: Operation, reader: Actor): OperationView["can"] {
  const { id: operationId, kind, state, direction, plan } = operation;
  const may = allowed(reader, {
    "operation.stop": { operationId },
    "operation.undo": { operationId, kind, isLeaked: isToLeaked(plan) },
    "operation.decide": { operationId, kind, isLeaked: isToLeaked(plan) },
    "secret.rotate": { secretIds: plan.secrets.map(({ secretId }) => secretId) },
  });
  const hasServices = plan.changes.some(({ leftOut }) => leftOut === null);
  const isRecorded = findStep(operation, "record")?.state === "done";
  return may.filter((action) => {
    if (action === "secret.rotate") return kind === "rotate" && isToBegin(operation);
    if (action === "operation.decide") return state === "needs-attention";
    if (state !== "open" || isOneWay(operation)) return false;
    return action === "operation.stop"
      ? direction === "forward"
      : direction !== "undoing" && hasServices && !isRecorded;
  });
}

/** Nothing came of it, or half of it: the same can be begun again. */
function isToBegin(operation: Operation): boolean {
  const { outcome } = operation;
  const isMixed = outcome === "stopped-mixed" && isHalfWay(operation);
  return outcome === "undone" || outcome === "failed-nothing-changed" || isMixed;
}

function nameOf(actor: Actor): string {
  if (actor.type === "person") return actor.name;
  return actor.type === "schedule" ? `schedule (set by ${actor.setBy})` : "Skep";
}
