import "server-only";
import type { OutsideCall } from "#lib/audit/schema.ts";
import type { Operation } from "../ledger.ts";
import type { OtherSide } from "../model/other-side.ts";
import type { ModelSwarm } from "../model/swarm.ts";
import type { Reference, Service, Spec, Task } from "../model/tasks.ts";
import type { PlannedRotator } from "../planned-value.ts";
import type { RotatorTurn } from "../ports.ts";
import type { OperationEvent, Save } from "../store-port.ts";
import type { Attachment } from "./attachment.ts";
import type { Change } from "./reference-diff.ts";

/** A call that changes the Swarm, or what the other side takes, as the model sees it come in. */
export type WriteSeen = {
  at: number;
  operationId: string;
  name: "createSecret" | "updateService" | "removeSecret" | "set" | "finish";
  /** The object's name, the service's ID, the object's ID, or the rotator's ID. */
  subject: string;
  /** The service as it was when the call came, and the spec that came with it. */
  service: Service | null;
  spec: Spec | null;
  /** The version index that it was sent for. */
  version: number | null;
  labels: Record<string, string>;
  rotator: PlannedRotator | null;
  turn: RotatorTurn | null;
  /** Whoever sent it may have seen an older state, or another hand was at work within its round: then it is not to blame. */
  isDisturbed: boolean;
};

/** An operation as the judges follow it: from outside, by what was committed and what reached the Swarm. */
export type Followed = {
  operation: Pick<Operation, "id" | "kind" | "plan" | "actor">;
  startedAt: number;
  endedAt: number | null;
  /** What each service named when it began. */
  before: ReadonlyMap<string, Reference[]>;
  events: OperationEvent[];
  /** Calls that were written down and have no end yet. */
  open: { key: string; call: OutsideCall }[];
  /** When a call about each secret, object or service was first written down. What a worker that stood still had decided before counts from the beginning. */
  intendedAt: Map<string, number>;
  undosTried: Set<string>;
  /** Objects that it made, by version. */
  made: Map<string, string[]>;
  /** What its one effective update of a service changed, by target: from, to. */
  forward: Map<string, Map<string, Change>>;
  undone: Set<string>;
  /** Services of which the history says that nobody knows what became of a call. */
  unsure: Set<string>;
  /** The service over whose failure it turned. */
  failedFirst: string | null;
  /** A service has been seen to run with what was sent. */
  hasShown: boolean;
  /** Services that it updated and has not come to an end with. */
  holds: Set<string>;
  /** Services that it updated and still watches. */
  underWay: Set<string>;
  /** Since when a person wants no more of it, or it back. */
  personsWish: Set<"stop" | "undo" | "accept">;
  state: Operation["state"];
  checkedAt: number | null;
  isRecorded: boolean;
  /** Objects that it gave up, because their password was lost. */
  givenUp: Set<string>;
  /** The other side may have taken a password beside which the old one does not work. */
  isOneWay: boolean;
};

/** What all judges look at. */
export type Sight = {
  model: ModelSwarm;
  otherSide: OtherSide;
  /** The secrets whose password a rotator sets; null where there are none. */
  attachment: Attachment | null;
  /** Objects with a password of that rotator. */
  passwords: Set<string>;
  /** Those of which nobody has seen that the other side takes it. */
  untested: Set<string>;
  /** Service and object, and when another hand last brought the one to the other. */
  handGave: Map<string, number>;
  /** Service and object of which it was told that nobody can sign in with it. */
  shutOut: Set<string>;
  now(): number;
  operations: Map<string, Followed>;
  violations: string[];
  /** Who last changed a service's spec, and when; an operation's ID, or another hand. */
  lastHand: Map<string, { by: string; at: number }>;
  /** What each service of a stack was last deployed with: the names of objects. */
  deployed: Map<string, string[]>;
  /** When a person last updated a service, other than to scale it: all services of a stack one by one look like a deploy. */
  touchedAt: Map<string, number>;
  /** When Skep last moved a service of the stack away from an object. */
  takenOutAt: Map<string, number>;
  /** Objects that are Skep's, as the world knows it. */
  owned: Set<string>;
  /** Numbers that a secret's versions have had, each with its version; null for those from before. */
  versionNumbers: Map<string, { versionId: string | null; number: number }[]>;
  databaseAwaySince: number | null;
  clusterSince: number;
  roleLostAt: number | null;
  automationPausedAt: number | null;
  /** Values that nobody may keep. */
  values: string[];
  refusals: Map<string, number>;
  /** Operation and subject of a call that failed, and that nobody has looked after since. */
  unseen: Set<string>;
};

/** Each looks at one thing; what it says is a broken promise. */
export type WriteJudge = (sight: Sight, followed: Followed, write: WriteSeen) => string[];
export type SaveJudge = (sight: Sight, followed: Followed, save: Save, given: { isDisturbed: boolean }) => string[];
export type EndJudge = (sight: Sight, followed: Followed) => string[];

export const anotherHand = "another hand";

export function referencesOf({ TaskTemplate }: Spec): Reference[] {
  return TaskTemplate.ContainerSpec.Secrets ?? [];
}

export function idsIn(spec: Spec): string[] {
  return referencesOf(spec).map(({ SecretID }) => SecretID);
}

export function isBusyState(service: Service): boolean {
  const state = service.update?.state ?? "completed";
  return state !== "completed" && state !== "rollback_completed";
}

/** Tasks that run, and that the Swarm wants to run. */
export function runningOf(model: ModelSwarm, serviceId: string): Task[] {
  return model.tasksOf(serviceId).filter(({ state, desired }) => state === "running" && desired === "running");
}

/** Whether another hand has changed this service since then. */
export function wasTouchedSince({ lastHand }: Sight, serviceId: string, time: number): boolean {
  const last = lastHand.get(serviceId);
  return last !== undefined && last.by === anotherHand && last.at >= time;
}
