import "server-only";
import type { EventDetail } from "#lib/audit/schema.ts";
import { isToGoOnFrom } from "./go-on-from.ts";
import {
  type Attention,
  awaitsPerson,
  beforeServices,
  type Direction,
  findStep,
  isClosed,
  type LedgerStep,
  movedServiceIds,
  newStep,
  nextOrdinal,
  type Operation,
  stepsNamed,
  wasUndone,
} from "./ledger.ts";
import { event, type Pass, secretsNamed, systemActor, type Trouble } from "./pass.ts";
import { isOneWay } from "./rotator-turn.ts";
import type { AttentionChoice } from "./schema.ts";
import type { OperationEvent } from "./store-port.ts";

/** Makes the ledger fit the direction: what will not be done is closed, what has to be put back gets its rows. */
export async function prepareDirection(pass: Pass): Promise<void> {
  const { operation } = pass;
  if (operation.direction === "forward") return stopAgain(pass);
  if (hasOpenIntent(operation)) return;
  const isUndoing = operation.direction === "undoing";
  const rows = [...closing(pass, isUndoing), ...(isUndoing ? undoRows(operation) : [])];
  if (rows.length > 0) await pass.save({ steps: rows });
  const ends = isClosedForGood(operation) ? closingRows(operation) : [];
  if (ends.length > 0) await pass.save({ steps: ends });
}

/** A person stopped it, then let what had failed be tried again: when that is through, it is stopped as before. */
async function stopAgain(pass: Pass): Promise<void> {
  const { steps } = pass.operation;
  const isTrying = steps.some((step) => !isClosed(step) && step.name !== "check" && step.name !== "record");
  if (isStopped(pass.operation) && !isTrying) await pass.save({ operation: { direction: "stopping" } });
}

function isStopped({ steps }: Operation): boolean {
  return steps.some(({ facts }) => facts.left === "stopped");
}

/** While undoing, the undos' own calls are under way; everything else is looked after first. */
function hasOpenIntent({ steps, direction }: Operation): boolean {
  const open = steps.filter((step) => !isClosed(step) && (step.facts.intent || step.facts.fence));
  return open.some(({ name }) => name !== "undo" || direction !== "undoing");
}

const closable = new Set<LedgerStep["name"]>([
  "create",
  "set",
  "test",
  "move",
  "check",
  "record",
  "finish",
  "remove",
  "release",
]);

/** Undoing leaves what was watched on the way there; stopping watches the present ones to their end. */
function closing({ operation, ports }: Pass, isUndoing: boolean): LedgerStep[] {
  const endedAt = ports.clock.now().toISOString();
  const isMoved = (serviceId: string) => findStep(operation, "move", serviceId)?.state === "done";
  const left = isUndoing ? "superseded" : "stopped";
  return operation.steps
    .filter((step) => !isClosed(step))
    .filter((step) => {
      if (step.name === "watch") return isUndoing || !isMoved(step.subjectId);
      if (step.name === "undo" || step.name === "watch-undo") return !isUndoing;
      return closable.has(step.name) && (isUndoing || (step.name !== "record" && step.name !== "check"));
    })
    .map((step) => ({ ...step, state: "skipped", endedAt, deadlineAt: null, facts: { ...step.facts, left } }));
}

/** R7: the one that failed first, then the others in reverse. */
function undoRows(operation: Operation): LedgerStep[] {
  const failed = findStepByKey(operation, operation.attention?.stepKey)?.subjectId;
  const moved = stepsNamed(operation, "move")
    .filter(({ subjectId }) => movedServiceIds(operation).includes(subjectId))
    .filter(({ subjectId }) => !findStep(operation, "undo", subjectId))
    .toSorted((a, b) => (b.startedAt ?? "").localeCompare(a.startedAt ?? "") || b.ordinal - a.ordinal);
  const inOrder = [
    ...moved.filter((step) => step.subjectId === failed),
    ...moved.filter((step) => step.subjectId !== failed),
  ];
  const first = nextOrdinal(operation);
  return inOrder.flatMap(({ subjectId, subjectName }, index) => {
    const subject = { id: subjectId, name: subjectName };
    return [newStep("undo", subject, first + 2 * index), newStep("watch-undo", subject, first + 2 * index + 1)];
  });
}

/** Whether the end can be told: nothing is sent or watched any more, and no person is waited for. */
function isClosedForGood(operation: Operation): boolean {
  const isOpen = (step: LedgerStep) => !isClosed(step) && (step.name.startsWith("watch") || step.name === "undo");
  return !operation.steps.some(isOpen) && !awaitsPerson(operation);
}

/**
 * Where one of the new versions is the one to go on from, that is recorded, and what is not is given up there. Where none
 * is, all are given up.
 */
function closingRows(operation: Operation): LedgerStep[] {
  if (findStep(operation, "abandon")) return [];
  const record = findStep(operation, "record");
  const isStopping = operation.direction === "stopping" && !wasUndone(operation);
  const isAnyMoved = record?.state === "done" || movedServiceIds(operation).length > 0;
  const isToRecord = isAnyMoved || operation.plan.create.some((version) => isToGoOnFrom(operation, version));
  if (isStopping && isToRecord) return [];
  const closed = record && !isClosed(record) ? [{ ...record, state: "skipped" as const }] : [];
  return [...closed, newStep("abandon", { id: "", name: "" }, nextOrdinal(operation) + 1)];
}

export type Turn = { operation: { direction: Direction; attention: Attention }; events: OperationEvent[] };

/**
 * What the trouble of one or several steps means for the whole: put back, or stop and ask a person. It is saved with
 * the failure itself, so that no failure is ever forgotten.
 */
export function turnFor(operation: Operation, troubles: readonly Trouble[]): Turn | null {
  const trouble = troubles.find(({ outcome }) => outcome === "failed") ?? troubles[0];
  if (!trouble) return null;
  const { step, because } = trouble;
  const isOfServices = !beforeServices.has(step.name);
  // What came of the step is saved with this: it may have been found out that nothing was sent.
  const steps = operation.steps.map((each) => troubles.find(({ step: { key } }) => key === each.key)?.step ?? each);
  const mayGoBack = !isOneWay({ ...operation, steps }) && (operation.plan.oldValueStaysValid || !isOfServices);
  const mayUndo = trouble.outcome === "failed" && mayGoBack && !afterRecord.has(step.name);
  if (operation.direction === "forward" && mayUndo && !isStopped(operation)) {
    const attention: Attention = { because, direction: "forward", stepKey: step.key, choice: null, choices: [] };
    const began: EventDetail = { type: "operation.undo-began", secrets: secretsNamed(operation), because };
    const events = isOfServices ? [event(systemActor, began)] : [];
    return { operation: { direction: "undoing", attention }, events };
  }
  const isUndoing = operation.direction === "undoing";
  const choices = choicesFor(operation, step);
  const fresh: Attention = {
    because,
    stepKey: step.key,
    choice: null,
    choices,
    direction: isStopped(operation) && !isUndoing ? "stopping" : operation.direction,
  };
  const attention = awaitsPerson(operation) && operation.attention ? operation.attention : fresh;
  return { operation: { direction: isUndoing ? "undoing" : "stopping", attention }, events: [] };
}

/** What comes after everything was recorded. Nothing goes back from there by itself: the old password may be locked by then. */
const afterRecord: ReadonlySet<LedgerStep["name"]> = new Set(["finish", "remove", "release"]);

function choicesFor(operation: Operation, step: LedgerStep): AttentionChoice[] {
  if (operation.direction === "undoing" || afterRecord.has(step.name) || isOneWay(operation)) {
    return ["try-again", "accept"];
  }
  return ["try-again", "undo", "accept"];
}

/**
 * Of a Swarm that cannot be asked: an undo may be asked for and waits like all else; to leave everything as it is may
 * not, for nobody can tell her what that is, and a call that was not answered may still change it.
 */
export function choicesWhileAway(operation: Operation): AttentionChoice[] {
  const { plan, direction, attention } = operation;
  const isDecided = direction === "undoing" || attention?.choice === "accept";
  const isRecorded = findStep(operation, "record")?.state === "done";
  const isAnyToUndo = plan.create.length > 0 || plan.changes.some(({ leftOut }) => leftOut === null);
  return isDecided || isRecorded || isOneWay(operation) || !isAnyToUndo ? ["try-again"] : ["try-again", "undo"];
}

/** A person's own wish of the same moment wins: then the next round sees hers. */
export async function turn(
  pass: Pass,
  direction: Direction,
  attention: Attention,
  events: OperationEvent[],
): Promise<void> {
  await pass.save({ operation: { direction, attention }, events });
}

function findStepByKey({ steps }: Operation, key: string | null | undefined): LedgerStep | undefined {
  return steps.find((step) => step.key === key);
}
