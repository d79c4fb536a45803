import "server-only";
import type { OperationOutcome, Verification } from "#lib/audit/schema.ts";
import type { Actor } from "#lib/policy/schema.ts";
import type { PlannedRotator } from "./planned-value.ts";
import type { AttentionChoice, OperationState, Plan, PlannedChange } from "./schema.ts";
import type { StepFacts } from "./step-facts.ts";

/** The names of steps are stored: they are never renamed. `steps.ts` says what each does. */
export type StepName =
  | "create"
  | "set"
  | "test"
  | "move"
  | "watch"
  | "check"
  | "record"
  | "finish"
  | "remove"
  | "release"
  | "undo"
  | "watch-undo"
  | "abandon";

/** As long as these run, no service has anything of the operation. */
export const beforeServices: ReadonlySet<StepName> = new Set(["create", "set", "test"]);

export type StepState = "waiting" | "running" | "done" | "failed" | "skipped";

export type LedgerStep = {
  key: string;
  name: StepName;
  ordinal: number;
  subjectId: string;
  subjectName: string;
  state: StepState;
  attempt: number;
  failures: number;
  facts: StepFacts;
  errorText: string | null;
  startedAt: string | null;
  endedAt: string | null;
  nextLookAt: string | null;
  deadlineAt: string | null;
};

export type Direction = "forward" | "undoing" | "stopping";

/** Why a person is needed, or why an operation ended as it did. */
export type Attention = {
  because: string;
  /** The direction that it had, and the step that could not go on; null when it is no step's failure. */
  direction: Direction;
  stepKey: string | null;
  /** What a person decided; the executor takes it up. */
  choice: AttentionChoice | null;
  choices: AttentionChoice[];
  /** What it was about before the Swarm could not be asked; that holds again afterwards. */
  before?: Attention | null;
};

/** The Swarm cannot be asked, or is not to be: in words, and since when, ISO 8601. */
export type Outage = { because: string; since: string };

export type Operation = {
  id: string;
  clusterId: string;
  kind: Plan["kind"];
  state: OperationState;
  direction: Direction;
  outcome: OperationOutcome | null;
  verification: Verification | null;
  plan: Plan;
  actor: Actor;
  attention: Attention | null;
  /** Of an open one that cannot go on at this moment. */
  outage: Outage | null;
  /** A value that only the request had: whoever takes over cannot make it again. */
  isValueInRequest: boolean;
  createdAt: string;
  endedAt: string | null;
  nextWakeAt: string | null;
  revision: number;
  steps: LedgerStep[];
};

export function keyOf(name: StepName, subjectId: string): string {
  return subjectId === "" ? name : `${name}:${subjectId}`;
}

export function newStep(name: StepName, subject: { id: string; name: string }, ordinal: number): LedgerStep {
  return {
    key: keyOf(name, subject.id),
    name,
    ordinal,
    subjectId: subject.id,
    subjectName: subject.name,
    state: "waiting",
    attempt: 0,
    failures: 0,
    facts: {},
    errorText: null,
    startedAt: null,
    endedAt: null,
    nextLookAt: null,
    deadlineAt: null,
  };
}

/** Plans from before there were any have none. */
export function rotatorsOf({ rotators = [] }: Pick<Plan, "rotators">): PlannedRotator[] {
  return rotators;
}

/** As if it had not been tried; its attempts go on being counted, for they are in the history. */
export function withoutProgress(step: LedgerStep): LedgerStep {
  const fresh = { failures: 0, errorText: null, startedAt: null, endedAt: null, nextLookAt: null, deadlineAt: null };
  return { ...step, ...fresh, state: "waiting" };
}

export function findStep({ steps }: Pick<Operation, "steps">, name: StepName, subjectId = ""): LedgerStep | undefined {
  const key = keyOf(name, subjectId);
  return steps.find((step) => step.key === key);
}

export function stepsNamed({ steps }: Pick<Operation, "steps">, ...names: StepName[]): LedgerStep[] {
  return steps.filter(({ name }) => names.includes(name));
}

/** Nothing more comes of it. */
export function isClosed({ state }: LedgerStep): boolean {
  return state === "done" || state === "skipped" || state === "failed";
}

export function nextOrdinal({ steps }: Pick<Operation, "steps">): number {
  return Math.max(-1, ...steps.map(({ ordinal }) => ordinal)) + 1;
}

/** What is to happen to a service: as planned, or as it joined. */
export function changeOf(operation: Operation, serviceId: string): PlannedChange | undefined {
  return (
    operation.plan.changes.find((change) => change.serviceId === serviceId) ??
    findStep(operation, "move", serviceId)?.facts.joined
  );
}

/** All services that the operation knows, those left out too. */
export function allChanges(operation: Operation): PlannedChange[] {
  return [...operation.plan.changes, ...stepsNamed(operation, "move").flatMap(({ facts }) => facts.joined ?? [])];
}

/** Services whose references this operation has changed and not put back. */
export function movedServiceIds(operation: Operation): string[] {
  return stepsNamed(operation, "move")
    .filter(({ facts, subjectId }) => facts.isApplied && facts.changes?.length && !isUndone(operation, subjectId))
    .map(({ subjectId }) => subjectId);
}

/** Some services are on the new version, and others were to be: nothing of the old one may go by itself. */
export function isHalfWay(operation: Operation): boolean {
  return stepsNamed(operation, "move", "watch").some(
    ({ name, state, facts }) => state === "failed" || (name === "move" && facts.left === "stopped"),
  );
}

export function wasUndone(operation: Operation): boolean {
  return stepsNamed(operation, "undo").length > 0;
}

function isUndone(operation: Operation, serviceId: string): boolean {
  const undo = findStep(operation, "undo", serviceId);
  return undo?.state === "done";
}

/** It cannot go on, and a person was asked how: nothing is begun or closed until she has answered. */
export function awaitsPerson({ attention }: Operation): boolean {
  return attention !== null && attention.choices.length > 0 && attention.choice === null;
}
