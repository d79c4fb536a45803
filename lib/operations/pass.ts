import "server-only";
import { eventActor } from "#lib/audit/actor.ts";
import type { EventActor, EventDetail } from "#lib/audit/schema.ts";
import type { ServiceObject, TaskObject } from "#lib/swarm/schema.ts";
import type { SecretValue } from "#lib/value.ts";
import { groupSaves } from "./group-saves.ts";
import type { Direction, LedgerStep, Operation } from "./ledger.ts";
import { type MadePasswords, madePasswords } from "./made-passwords.ts";
import type { Ports } from "./ports.ts";
import type { PlannedVersion } from "./schema.ts";
import type { StepFacts } from "./step-facts.ts";
import type { Lease, Leased, OperationChange, OperationEvent, RecordChange, Save } from "./store-port.ts";

/** The Swarm as it was read for one round: every step of the round sees the same. */
export type Look = {
  services: ReadonlyMap<string, ServiceObject>;
  tasks: ReadonlyMap<string, TaskObject[]>;
  /** Services that this operation may update: nobody else does (R9). */
  locked: ReadonlySet<string>;
};

/** The values that only this process has; absent in a worker. */
export type Values = {
  valueOf(version: PlannedVersion, attempt: number): SecretValue;
  isOwnAttempt(attempt: number): boolean;
};

/** One lease holder's work on one operation. `operation` is kept as the store has it. */
export type Pass = {
  readonly ports: Ports;
  readonly lease: Lease;
  readonly operation: Operation;
  /** In which a round was decided. A person may have chosen another one since: then nothing of the round begins. */
  readonly direction: Direction;
  readonly values: Values | null;
  readonly made: MadePasswords;
  /** The time by the store's clock: what another machine wrote down is compared with this. */
  now(): Date;
  /** Refused with `DirectionChanged` where it would begin or overwrite something that a person has decided otherwise. */
  save(save: PassSave): Promise<void>;
};

export type PassSave = {
  steps?: LedgerStep[];
  operation?: OperationChange;
  events?: OperationEvent[];
  records?: RecordChange[];
  unlock?: Save["unlock"];
  /** Only as long as nobody has chosen another direction. */
  onlyIn?: Direction | undefined;
};

/** A person asked for something else meanwhile: what was about to begin does not, and the round starts again. */
export class DirectionChanged extends Error {}

export type StepOutcome = {
  /**
   * `wait`: look again in so many seconds. `again`: go on at once, with a fresh look. `failed`: what it does did not
   * work, so it is undone where that may be. `stuck`: it cannot go on, and only a person knows how.
   */
  outcome: "done" | "skipped" | "wait" | "again" | "failed" | "stuck";
  /** The step as it is now, where it was saved on the way. */
  step?: LedgerStep;
  /** It has come to its end but for a call whose end is not known: that is looked after first. */
  staysOpen?: boolean;
  facts?: StepFacts;
  seconds?: number;
  deadlineAt?: string | null;
  because?: string;
  events?: OperationEvent[];
  records?: RecordChange[];
  /** Other steps that this one adds or closes. */
  others?: LedgerStep[];
  unlock?: string[];
};

/** A step that came to its end in a way that the rest of the operation must know of. */
export type Trouble = { step: LedgerStep; outcome: "failed" | "stuck"; because: string };

export type StepRun = (pass: Pass, step: LedgerStep, look: Look) => Promise<StepOutcome>;

type Opening = Pick<Pass, "ports" | "values"> & Omit<Leased, "wasAbandoned">;

export function openPass({ ports, values, lease, operation, leasedAt }: Opening): Pass {
  const aheadOfClock = Date.parse(leasedAt) - ports.clock.now().getTime();
  async function saveNow({ onlyIn, ...change }: PassSave): Promise<void> {
    // What the operation is to be was decided on what was last seen of it: a person's word of the meantime stands.
    const revision = change.operation ? operation.revision : undefined;
    const { isSaved, ...seen } = await ports.store.save(lease, { ...change, onlyIf: { direction: onlyIn, revision } });
    if (isSaved) {
      Object.assign(operation, change.operation);
      for (const step of change.steps ?? []) place(operation, step);
    }
    Object.assign(operation, seen);
    if (!isSaved) throw new DirectionChanged();
  }
  return {
    ports,
    values,
    made: madePasswords(ports.random),
    lease,
    operation,
    now: () => new Date(ports.clock.now().getTime() + aheadOfClock),
    save: groupSaves(saveNow),
    get direction() {
      return operation.direction;
    },
  };
}

function place(operation: Operation, step: LedgerStep): void {
  const index = operation.steps.findIndex(({ key }) => key === step.key);
  if (index === -1) operation.steps.push(step);
  else operation.steps[index] = step;
}

/** The person, or the schedule, on whose behalf a step begins something. */
export function starterOf({ actor }: Operation): EventActor {
  return eventActor(actor);
}

/** Watching, undoing and closing are nobody's but Skep's. */
export const systemActor: EventActor = { type: "system" };

export function event(actor: EventActor, detail: EventDetail): OperationEvent {
  return { actor, detail };
}

export function withFacts(step: LedgerStep, facts: StepFacts, over: Partial<LedgerStep> = {}): LedgerStep {
  return { ...step, ...over, facts: { ...step.facts, ...facts } };
}

export function secretsNamed({ plan }: Operation): { id: string; name: string }[] {
  return plan.secrets.map(({ secretId, secretName }) => ({ id: secretId, name: secretName }));
}
