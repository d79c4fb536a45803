import "server-only";
import type { EventActor, EventDetail } from "#lib/audit/schema.ts";
import type { Actor, Role } from "#lib/policy/schema.ts";
import type { ReferenceChange, SecretReference } from "#lib/swarm/schema.ts";
import type { FoundUpdate } from "./last-hand.ts";
import type { Attention, Direction, LedgerStep, Operation } from "./ledger.ts";
import type { Plan, PlannedRecord, VersionState } from "./schema.ts";
import type { OperationsSeen } from "./seen.ts";

/** The right to work on one operation for some seconds. The token rises with each lease, so that a late save is told. */
export type Lease = { operationId: string; token: bigint };

export type Leased = {
  lease: Lease;
  operation: Operation;
  /** The one before did not hand its lease back: it died, or lost Postgres. */
  wasAbandoned: boolean;
  /** ISO 8601, by the store's own clock: the one that all who lease share. */
  leasedAt: string;
};

/** What is kept of an event beside what every event of the operation has. */
export type OperationEvent = { actor: EventActor; detail: EventDetail };

export type OperationChange = Partial<
  Pick<
    Operation,
    "state" | "direction" | "outcome" | "verification" | "attention" | "outage" | "endedAt" | "isValueInRequest"
  >
>;

/** Everything that one commit says; either all of it holds or nothing. */
export type Save = {
  steps?: readonly LedgerStep[];
  operation?: OperationChange;
  events?: readonly OperationEvent[];
  records?: readonly RecordChange[];
  /** Services that others may update now; `all` when nothing more is sent. */
  unlock?: readonly string[] | "all";
  /**
   * Refuse the whole save when a person changed the direction meanwhile, so that the work which it begins does not; or
   * when she changed anything at all, so that her word is not overwritten.
   */
  onlyIf?: { direction?: Direction | undefined; revision?: number | undefined };
};

/** What the store has after the save, or instead of it: a person may have changed any of it since it was last seen. */
export type Saved = Pick<Operation, "direction" | "state" | "attention" | "revision"> & { isSaved: boolean };

/** What Postgres knows of secrets, versions and grants, one change at a time. */
export type RecordChange =
  | { record: "planned"; planned: PlannedRecord }
  | { record: "secret-forgotten"; secretId: string }
  /** With the versions that this operation took over; the Swarm keeps their objects. */
  | { record: "adoption-forgotten"; secretId: string }
  | {
      record: "version-intended";
      versionId: string;
      secretId: string;
      number: number;
      objectName: string;
      /** Which version at its source it has the value of, and by which binding. */
      sourceVersionId?: string | null;
      bindingId?: string | null;
      /** Whose password it has, and at which rotator. */
      rotatorId?: string | null;
      login?: string | null;
    }
  | { record: "version-made"; versionId: string; objectId: string }
  /** Its object has a password that nobody knows: it goes on as an abandoned version of this ID, kept for so long, and the first ID is free. */
  | { record: "version-given-up"; versionId: string; as: string; keepSeconds: number }
  /** Nothing was made: its number is free again. */
  | { record: "version-forgotten"; versionId: string }
  /** The others of its secret become previous. */
  | { record: "version-current"; secretId: string; versionId?: string; number?: number | null }
  | { record: "version-abandoned"; versionId: string }
  /** The other side was never sent its password, and goes on with the one before. */
  | { record: "version-not-set"; versionId: string }
  /** Takes its retirement back: nobody asks for its removal any more. */
  | { record: "version-kept"; versionId: string }
  | {
      record: "version-retiring";
      versionId: string;
      keepSeconds: number;
      requestedBy: string;
      isStackConfirmed: boolean;
    }
  /** With its last version, a secret that nobody needs is removed too. */
  | { record: "version-removed"; versionId: string }
  | { record: "grants-changed"; serviceId: string; serviceName: string; changes: readonly ReferenceChange[] }
  /** For each service what it has of the secret now; an empty list takes its records away. */
  /** Part of an import: refused with `lease-lost` where another instance has it by now. */
  | { record: "import-begun"; itemId: string; token: number }
  | {
      record: "grants-seen";
      secretId: string;
      services: readonly { serviceId: string; serviceName: string; references: readonly SecretReference[] }[];
    };

export type KnownVersion = {
  versionId: string;
  secretId: string;
  secretName: string;
  number: number;
  objectId: string | null;
  objectName: string;
  /** Which version at the secret's source it has the value of. */
  sourceVersionId: string | null;
  state: VersionState;
  /** ISO 8601. */
  retireAfter: string | null;
  retireRequestedBy: string | null;
  /** Whoever asked for its removal said that no stack file names it any more (R3). */
  isStackConfirmed: boolean;
};

/** One update that Skep sent to a service: what the gate knows of stacks comes from these. */
export type ServiceWrite = {
  serviceId: string;
  /** ISO 8601. */
  at: string;
  /** Empty where the identical spec was sent: to let the service forget its previous one, or to make a late write miss. */
  changes: readonly ReferenceChange[];
  /** What another hand had done between Skep's update before this one and this one. */
  found: FoundUpdate | null;
  /** After it, Skep sent the very same spec once more, so that a rollout went on: that looks like somebody's update. */
  isResumed: boolean;
  /** The service's version after its previous spec was taken away; null where that is not known. */
  releasedAs: number | null;
};

/** Services that Skep ever moved away from, or to, one of these objects; or these services. */
export type WritesAbout = { objectIds: readonly string[] } | { serviceIds: readonly string[] };

/** Whoever lives in a request asks the executor by these; the next look of whoever holds the lease sees them. */
export type PersonsWish = {
  direction?: Direction;
  /** Taken up by the executor: the steps are the lease holder's. */
  attention?: Attention;
  state?: "open";
  event: OperationEvent;
};

/** What an operation must still be for a wish to hold. */
export type WishedOf = {
  state: readonly Operation["state"][];
  direction?: readonly Direction[];
  revision?: number;
};

export type NewOperation = {
  id: string;
  plan: Plan;
  actor: Actor;
  steps: LedgerStep[];
  records: RecordChange[];
  events: OperationEvent[];
  isValueInRequest: boolean;
  /** Refused with `plan-changed` when another operation of these secrets has come or gone since, or they are attached otherwise. */
  seen?: OperationsSeen;
};

/**
 * The executor's memory. Time is the database's own wherever two processes compare it.
 * Every method fails with `database-unreachable` when the database does, and those that take a lease with `lease-lost`
 * when somebody else has it now: then nothing was written.
 */
export type OperationStore = {
  /** Fails with `busy` when one of the plan's secrets has an unfinished operation. With `leaseFor`, it is leased from its birth. */
  insert(operation: NewOperation, options?: { leaseFor?: string }): Promise<Leased>;
  find(id: string): Promise<Operation | null>;
  /** Unfinished operations that nobody holds and whose time has come, the oldest first. */
  findDue(limit: number): Promise<string[]>;
  /** Null when it is held, has ended, waits for a person, or its Swarm is read-only. */
  lease(id: string, owner: string): Promise<Leased | null>;
  renew(lease: Lease): Promise<void>;
  /** Also renews the lease: whatever is done next begins with all of its time. */
  save(lease: Lease, save: Save): Promise<Saved>;
  /**
   * Hands the lease back; null wakes nobody until a person does something. Whatever is asked for, an open operation is
   * woken, and at once where a person asked for something while it was held.
   */
  release(lease: Lease, wakeInSeconds: number | null): Promise<void>;
  /** The services of the list that this operation may update, now that it asked. All of them, or those that nobody else is updating. */
  lockServices(lease: Lease, clusterId: string, serviceIds: readonly string[]): Promise<string[]>;
  /** Fails with `not-found` or, where the operation is no longer as the person saw it, `plan-changed`. */
  wish(id: string, wish: PersonsWish, onlyIf: WishedOf): Promise<void>;
  /** Who may still start something (R16); null when the account is gone or disabled. */
  findRole(personId: string): Promise<Role | null>;
  isAutomationPaused(): Promise<boolean>;
  /** R18: why nothing of this Swarm may be changed; null where it may. */
  findReadOnlyReason(clusterId: string): Promise<string | null>;
  findVersions(clusterId: string, objectIds: readonly string[]): Promise<KnownVersion[]>;
  /** Versions with the password of this login of a rotator, whose objects are not known to be gone; null: it has no logins. */
  findVersionsOfLogin(clusterId: string, rotatorId: string, login: string | null): Promise<KnownVersion[]>;
  /** Updates that Skep sent to some services, in the order of time. */
  findServiceWrites(clusterId: string, about: WritesAbout): Promise<ServiceWrite[]>;
  /** Unfinished operations of these secrets. */
  findOpen(secretIds: readonly string[]): Promise<{ operationId: string; secretId: string }[]>;
  /** Those of these versions whose creation was sent more than once, and when last; ISO 8601. */
  findRepeatedCreations(versionIds: readonly string[]): Promise<{ versionId: string; at: string }[]>;
  /** Versions whose keep time is over, of secrets that no operation holds. */
  findRetiring(clusterId: string): Promise<KnownVersion[]>;
};

/** As long as a worker may be silent before another one takes its work. */
export const leaseSeconds = 15;
/** Three chances before it is lost. */
export const renewSeconds = 5;
