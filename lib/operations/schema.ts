import type { OperationOutcome, Verification } from "#lib/audit/schema.ts";
import type { Generator } from "#lib/generate/schema.ts";
import type { OperationKind } from "#lib/policy/schema.ts";
import type { Defaults, Order } from "#lib/settings/schema.ts";
import type { FileAccess, ServiceKind } from "#lib/swarm/schema.ts";
import type { PlannedRotator, PlannedValue } from "./planned-value.ts";

/** One new object in the Swarm. */
export type PlannedVersion = {
  secretId: string;
  secretName: string;
  versionId: string;
  /** The number that the plan saw as free; a foreign object in the way makes it the next one, and the ledger says so. */
  number: number;
  objectName: string;
  value: PlannedValue;
  /** What it takes over from the version before it, by keys: the values are read when it is made, and kept nowhere. */
  labelsOf: { objectId: string; keys: string[] } | null;
  templating: string | null;
};

/** The new end of a reference: an object that is there, or the one that this operation makes for a secret. */
export type ReferenceEnd =
  | { object: "existing"; objectId: string; objectName: string }
  | { object: "created"; versionId: string };

export type PlannedEdit =
  | { edit: "replace"; fromObjectIds: string[]; to: ReferenceEnd; targets: string[] }
  | { edit: "add"; to: ReferenceEnd; target: string; uid: string; gid: string; mode: number }
  | { edit: "remove"; objectId: string; target: string }
  | ({ edit: "set-file"; objectId: string; target: string; to: ReferenceEnd } & FileAccess);

/** What happens to one service, and what the person should know before it does. */
export type PlannedChange = {
  serviceId: string;
  serviceName: string;
  stack: string | null;
  kind: ServiceKind;
  edits: PlannedEdit[];
  /** Tasks that restart, how many at a time (0 = all at once), and how many run meanwhile. */
  tasks: number;
  atATime: number;
  runMeanwhile: number;
  startFirst: boolean;
  hasHealthCheck: boolean;
  isSkep: boolean;
  /** Why the operation leaves it alone, when it does. */
  leftOut: "runs-to-end" | "by-choice" | null;
  /** How long new tasks must stay healthy, in seconds. */
  soakSeconds: number;
};

/** A version that is to go through the retirement gate, not before the time given. */
export type PlannedRetirement = {
  secretId: string;
  secretName: string;
  versionId: string;
  objectId: string;
  objectName: string;
  /** Seconds after the operation's success; 0 is at once, inside the operation. */
  keepSeconds: number;
  /** A person has said that no stack file names this version any more (R3); the gate then asks no stack. */
  isStackConfirmed?: boolean;
};

/** What is written to Postgres beyond versions and grants: a new secret when the operation starts, the others when it succeeds. */
export type PlannedRecord =
  | { record: "create"; secretId: string; name: string; settings: SecretSettings }
  | { record: "edit"; secretId: string; before: SecretSettings; after: SecretSettings }
  | {
      record: "adopt";
      secretId: string;
      name: string;
      settings: SecretSettings;
      versions: {
        versionId: string;
        number: number;
        objectId: string;
        objectName: string;
        createdAt: string;
        state: "current" | "previous";
      }[];
    }
  | { record: "take-over"; secretId: string; serviceIds: string[] }
  | { record: "keep"; secretId: string; secretName: string; versionId: string; number: number; objectName: string };

export type SecretSettings = Defaults & {
  owner: string;
  description: string;
  tags: string[];
  generator: Generator | null;
  oldValueStaysValid: boolean | null;
};

export type VersionState = "pending" | "current" | "previous" | "abandoned" | "removed";

export const warnings = [
  "no-health-check",
  "runs-to-end",
  "asleep",
  "busy",
  "failure-action-continue",
  "image-not-pinned",
  "stack-would-undo",
  "read-access",
  "across-stacks",
  "rollback-restores-nothing",
  "one-manager",
  "restarts-with-downtime",
  "same-value",
  "old-value-must-stay-valid",
  "password-is-one-way",
  "login-in-use",
  "user-not-written",
  "login-stays-open",
  "shown-while-moving",
  "numeric-user-unknown",
  "mode-unreadable",
  "mode-shared",
  "still-used",
  "gate-waits",
  "version-stays",
  "version-leaked",
  "nothing-moves",
  "emergency-limits",
] as const;
export type WarningCode = (typeof warnings)[number];

/** One thing that an operator would want to know. `blocks` refuses the operation. */
export type PlanWarning = {
  code: WarningCode;
  blocks: boolean;
  serviceName: string | null;
  sentence: string;
  /** Lines to copy: the compose line, the override file. */
  copy: { title: string; text: string } | null;
};

/** What an action would do. The executor follows it and nothing else; the person saw the same. */
export type Plan = {
  kind: OperationKind;
  clusterId: string;
  secrets: { secretId: string; secretName: string; fromVersion: number | null; toVersion: number | null }[];
  create: PlannedVersion[];
  /** The other sides of passwords that are set before any service moves. Absent in plans from before there were any. */
  rotators?: PlannedRotator[];
  changes: PlannedChange[];
  retire: PlannedRetirement[];
  record: PlannedRecord[];
  order: Order;
  canaryServiceId: string | null;
  /** Most services that move at once; null is no bound. */
  atMost: number | null;
  /** For every secret that gets a new value: may a failure put the services back? */
  oldValueStaysValid: boolean;
  reason: string | null;
  warnings: PlanWarning[];
};

/** A plan with the fingerprint that says whether the one shown is still the one that would run. */
export type ShownPlan = { plan: Plan; fingerprint: string; aboutSeconds: number };

export type OperationState = "open" | "needs-attention" | "ended";

export type LaneState =
  | "waiting"
  | "updating"
  | "soaking"
  | "done"
  | "undoing"
  | "undone"
  | "left-out"
  | "failed"
  | "gone"
  | "moved-by-another-hand";

/** One service's way through an operation, as the page shows it. */
export type LaneView = {
  serviceId: string;
  serviceName: string;
  isCanary: boolean;
  secretNames: string[];
  kind: ServiceKind;
  state: LaneState;
  verification: Verification | null;
  tasksWanted: number;
  tasksMoved: number;
  soakEndsAt: string | null;
  startedAt: string | null;
  endedAt: string | null;
  /** What it waits for, when it waits for something in particular; of one that was left, in whole or in part, why. */
  waitsFor: string | null;
  error: { task: string | null; node: string | null; text: string } | null;
  /** What it has at this moment, where a person has to decide. */
  now: string | null;
};

export type PhaseView = { name: string; state: "ahead" | "now" | "done" | "failed"; detail: string };

export type OperationView = {
  id: string;
  kind: OperationKind;
  /** "Rotate db_password". */
  title: string;
  state: OperationState;
  direction: "forward" | "undoing" | "stopping";
  outcome: OperationOutcome | null;
  verification: Verification | null;
  plan: Plan;
  startedBy: string;
  startedAt: string;
  endedAt: string | null;
  phases: PhaseView[];
  lanes: LaneView[];
  /** Why a person is needed, and what each choice will do. */
  attention: AttentionView | null;
  /** Why it cannot go on at this moment, and since when. */
  outage: { because: string; since: string } | null;
  /** What happened in one or two sentences, then what to do next. */
  summary: string;
  next: string | null;
  can: ("operation.stop" | "operation.undo" | "operation.decide" | "secret.rotate")[];
  revision: number;
};

export type AttentionView = {
  /** What happened, and what Skep did about it. */
  sentence: string;
  did: string;
  choices: { choice: AttentionChoice; label: string; effect: string }[];
};

export type AttentionChoice = "try-again" | "undo" | "accept";

export type OperationRow = Pick<
  OperationView,
  "id" | "kind" | "state" | "outcome" | "verification" | "startedBy" | "startedAt" | "endedAt" | "outage"
> & { secretNames: string[]; title: string; servicesDone: number; servicesWanted: number; isToLeaked?: boolean };
