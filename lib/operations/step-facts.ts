import "server-only";
import type { OutsideCall, Verification } from "#lib/audit/schema.ts";
import type { ReferenceChange, TaskState } from "#lib/swarm/schema.ts";
import type { GateReason } from "./gate-reason.ts";
import type { FoundUpdate } from "./last-hand.ts";
import type { PlannedChange } from "./schema.ts";

/**
 * A call that was written down and whose end was not: it may have had its effect, may not, or may yet have it.
 * `isRepeated`: sent more than once, the last time then.
 */
export type Intent = { call: OutsideCall; attempt: number; at: string; isRepeated?: boolean };

export type StepError = { task: string | null; node: string | null; text: string };

/** `attempt`: which call made it. */
export type MadeObject = { id: string; name: string; number: number; attempt?: number };

/** What a step has seen and done. Each uses a few of these; all of them are facts that may be kept for ever. */
export type StepFacts = {
  intent?: Intent | null;
  /** The identical spec, sent so that an open intent's late write misses (R10). */
  fence?: Intent | null;
  /** Such a spec was sent: an update that is nobody's deploy. */
  isFenced?: boolean;
  /** Attempts in a row that came out of sequence (R4). */
  conflicts?: number;
  /** In words, what it waits for. */
  waitsFor?: string | null;
  error?: StepError | null;
  /** create: the object that was made. */
  object?: MadeObject | null;
  /** create: when the call was sent again last, ISO 8601. The one before it may still arrive, and its name keeps it out. */
  repeatedAt?: string | null;
  /** create: objects whose password was lost before the other side was seen to take it. Each is a version of its own. */
  givenUp?: MadeObject[];
  /** set: the other side was asked, and would take a new password. */
  isChecked?: boolean;
  /** set: `since` then the other side may have taken a new one (R7); `at`: when the call that it took was written down. */
  sent?: { since: string; at?: string } | null;
  /** create: the number that is tried now, where a foreign object was in the way of the planned one. */
  number?: number;
  /** move, undo: what the call does to the references; the from-ID of each is what undo goes back to. */
  changes?: ReferenceChange[];
  /** move, undo: whether the effect was seen or answered. */
  isApplied?: boolean;
  /** move, undo: tasks that were there before and look like new ones. */
  priorTaskIds?: string[];
  /** move, undo: when the update status that stood before the call began. */
  statusBefore?: string | null;
  /** move, undo: another hand has something else in the place of some of what was to be changed; the rest was changed. */
  isPartial?: boolean;
  /** move, undo: a person said "try again": a rollout that the Swarm paused is to be resumed, and is Skep's own. */
  isResumed?: boolean;
  /** undo: a person was told that it would run the service again; when she has it tried again, that is her yes. */
  isAsked?: boolean;
  /** move, undo: what was sent is also what Docker could have gone back to before it, so that seeing it there says nothing. */
  wasPrevious?: boolean;
  /** move, undo, release: what another hand had done to the service since Skep's update before this one. */
  found?: FoundUpdate | null;
  /** release: the service's version after it; not known where the call was not answered. */
  releasedAs?: number | null;
  /** move: a service that was not in the plan and joined (R12). */
  joined?: PlannedChange;
  /** move, watch: why the service is no longer this operation's. */
  left?: "gone" | "another-hand" | "runs-to-end" | "stopped" | "superseded";
  /** watch */
  wanted?: number;
  running?: number;
  /** Tasks that were seen running: a further one is progress (R6). */
  seenTaskIds?: string[];
  soakTaskIds?: string[];
  soakFrom?: string | null;
  soakUntil?: string | null;
  verification?: Verification | null;
  worstTask?: { id: string; state: TaskState } | null;
  /** remove: what the gate said last, and since when it is asked. */
  heldBy?: GateReason[];
  askedSince?: string;
  /** release: on behalf of which object. */
  objectId?: string;
};
