import type { Action, OperationKind, Role } from "#lib/policy/schema.ts";
import type { ReferenceChange } from "#lib/swarm/schema.ts";

/** The actor as the history keeps it: names as they were then. */
export type EventActor =
  | {
      type: "person";
      personId: string;
      name: string;
      sessionId: string | null;
      address: string | null;
      userAgent: string | null;
    }
  | { type: "schedule"; setBy: string }
  | { type: "system" }
  | { type: "outside" }
  | { type: "swarm" }
  | { type: "stranger"; address: string | null; userAgent: string | null };

type Named = { id: string; name: string };

/** R8: each end has words of its own; only `done` is a success colour. */
export type OperationOutcome =
  | "done"
  | "done-left-out"
  | "undone"
  | "stopped-mixed"
  | "failed-nothing-changed"
  | "accepted";

/** R5: without a health check, what runs is not verified; asleep, it is not even run. */
export type Verification = "verified" | "running-not-verified" | "unverified-asleep";

/** The calls that change a Swarm, each with an intent before it and an answer after it. */
export type SwarmCall =
  | { call: "secret.create"; objectName: string; secret: Named; version: number; labelKeys: string[] }
  | {
      call: "service.update";
      service: Named;
      changes: ReferenceChange[];
      versionIndex: number;
      why: "move" | "undo" | "release" | "fence";
    }
  | { call: "secret.remove"; objectId: string; objectName: string; secret: Named; version: number };

/** The calls that change the other side of a password. The password is in none of them. */
export type RotatorCall =
  | { call: "rotator.set"; rotator: Named; login: string | null }
  /** `locks`: the old value has leaked and stops working; of which login, null where there are none. */
  | { call: "rotator.finish"; rotator: Named; login: string | null; locks?: string | null };

export type OutsideCall = SwarmCall | RotatorCall;

export function isRotatorCall(call: OutsideCall): call is RotatorCall {
  return call.call === "rotator.set" || call.call === "rotator.finish";
}

/** What an answer, or a look at the Swarm in place of a lost one, says of a call. */
export type CallResult = "applied" | "not-applied" | "unknown";

/** Every line that the history can hold. Facts only: ids, names, label keys, targets, modes. Never a value, a hash or a length. */
export type EventDetail =
  | {
      type: "operation.intended";
      kind: OperationKind;
      secrets: Named[];
      services: Named[];
      /** `from`: where the value of a new one is read, and which version there. */
      versions: { name: string; objectName: string; from?: { source: string; path: string; version: string | null } }[];
      reason: string | null;
      /** Passwords that are set at the other side before any service moves, and of which logins. */
      sets?: { rotator: Named; login: string | null }[];
      /** Of an edit: what is set to what. Null on both sides where only that it changed may be told. */
      settings?: { name: string; before: string | null; after: string | null }[];
    }
  | { type: "call.intended"; step: string; attempt: number; call: OutsideCall }
  | {
      type: "call.ended";
      step: string;
      attempt: number;
      call: OutsideCall;
      result: CallResult;
      seen: string | null;
      objectId: string | null;
    }
  | { type: "operation.stop-requested"; secrets: Named[] }
  | { type: "operation.undo-requested"; secrets: Named[] }
  | { type: "operation.undo-began"; secrets: Named[]; because: string }
  | { type: "operation.needs-attention"; secrets: Named[]; because: string }
  | { type: "operation.waited"; secrets: Named[]; because: string; seconds: number }
  | { type: "operation.taken-up"; secrets: Named[] }
  | { type: "operation.started-over"; secrets: Named[]; because: string }
  | { type: "operation.decided"; secrets: Named[]; choice: string }
  | {
      type: "operation.ended";
      kind: OperationKind;
      outcome: OperationOutcome;
      secrets: Named[];
      services: Named[];
      leftOut: Named[];
      seconds: number;
      /** How far success could be seen (R5), as far as the least known of its services. */
      verification?: Verification;
    }
  | { type: "retirement.requested"; secret: Named; version: number; objectName: string }
  | { type: "retirement.taken-back"; secret: Named; version: number; objectName: string }
  | { type: "permit.denied"; action: Action; secrets: Named[]; what: string }
  | { type: "value.compared"; secret: Named; answer: "equal" | "different" | "unknown" }
  | { type: "session.signed-in" }
  | { type: "session.sign-in-refused"; account: string; because: "wrong" | "throttled" | "disabled" }
  | { type: "session.signed-out" }
  | { type: "session.revoked"; personId: string; personName: string; sessionId: string }
  | { type: "person.set-up"; person: Named }
  | { type: "person.invited"; email: string; role: Role }
  | { type: "person.invitation-withdrawn"; email: string; role: Role }
  | { type: "person.joined"; person: Named; role: Role }
  | { type: "person.role-changed"; person: Named; before: Role; after: Role }
  | { type: "person.disabled"; person: Named }
  | { type: "person.enabled"; person: Named }
  | { type: "person.password-changed"; person: Named }
  | { type: "person.password-link-made"; person: Named }
  | { type: "person.reset-at-terminal"; person: Named }
  | { type: "setting.changed"; name: string; before: string; after: string }
  | { type: "source.added"; source: Named; what: string }
  | { type: "source.changed"; source: Named; what: string }
  | { type: "source.removed"; source: Named; what: string }
  | { type: "source.webhook-key-changed"; source: Named }
  | { type: "secret.bound"; secret: Named; source: Named; path: string; mode: string; agreesWith: string | null }
  | { type: "secret.unbound"; secret: Named; source: Named; path: string }
  | { type: "rotator.added"; rotator: Named; what: string }
  | { type: "rotator.changed"; rotator: Named; what: string }
  | { type: "rotator.removed"; rotator: Named; what: string }
  | { type: "secret.attached"; secret: Named; rotator: Named; login: string | null }
  | { type: "secret.detached"; secret: Named; rotator: Named }
  | { type: "import.started"; importId: string; source: Named; count: number; mode: string }
  | { type: "import.retried"; importId: string; source: Named; count: number }
  | { type: "import.stopped"; importId: string; source: Named; count: number }
  | { type: "automation.paused"; reason: string | null }
  | { type: "automation.resumed" }
  | { type: "outside.secret-created"; objectId: string; objectName: string; versionIndex: number }
  | { type: "outside.secret-removed"; objectId: string; objectName: string }
  | {
      type: "outside.secret-relabelled";
      objectId: string;
      objectName: string;
      versionIndex: number;
      labelKeys: string[];
    }
  | { type: "outside.references-changed"; service: Named; versionIndex: number; changes: ReferenceChange[] }
  | { type: "swarm.rolled-back"; service: Named; versionIndex: number; changes: ReferenceChange[] }
  | { type: "swarm.recognised"; clusterId: string; before: string | null }
  | { type: "audit.verified"; upTo: number; isConsistent: boolean }
  | { type: "audit.exported"; count: number; filter: string };

export type EventType = EventDetail["type"];

/** What a caller appends. Sequence, previous hash and hash are Postgres's to give. */
export type NewEvent = {
  actor: EventActor;
  clusterId: string | null;
  operationId: string | null;
  detail: EventDetail;
};

export type EventOutcome =
  | "intended"
  | "running"
  | "done"
  | "undone"
  | "failed"
  | "mixed"
  | "denied"
  | "observed"
  | "attention";

/**
 * The same as a person reads it: `done` is only what was done whole and, where services run it, seen to be healthy.
 * `left-out` has services left out, `accepted` is what a person left as it was, and R5 has words for what nobody could verify.
 */
export type ShownOutcome = EventOutcome | "left-out" | "accepted" | Unverified;

export type Unverified = Exclude<Verification, "verified">;

/** A piece of a sentence: words, a monospaced name, or the actor. */
export type EventPart = { text: string; isName: boolean; isActor?: boolean };

/** One line of the audit page. `parts` are its sentence, so that nobody builds HTML of it. */
export type EventView = {
  id: string;
  sequence: number;
  at: string;
  type: EventType;
  actorName: string;
  address: string | null;
  sessionShort: string | null;
  parts: EventPart[];
  outcome: ShownOutcome;
  operationId: string | null;
};

export type EventFilter = {
  search?: string | undefined;
  /** A person's ID, or a name as the history shows it. */
  person?: string | undefined;
  /** A kind of operation (`rotate`), a type of event (`session.signed-in`), or a family of them (`session`). */
  action?: string | undefined;
  secret?: string | undefined;
  service?: string | undefined;
  outcome?: ShownOutcome | undefined;
  from?: string | undefined;
  to?: string | undefined;
  onlyOutside?: boolean | undefined;
  /** Each call to the Swarm too; without it, an operation is its first and its last line. */
  withCalls?: boolean | undefined;
};

export type EventsPage = {
  events: EventView[];
  /** What to give as `before` to read on; null at the end. */
  next: number | null;
};

/** A call that was written down and has no outcome yet: somebody has to look at the Swarm. */
export type UnresolvedIntent = {
  eventId: string;
  sequence: number;
  /** ISO 8601. */
  at: string;
  clusterId: string | null;
  operationId: string | null;
  step: string;
  attempt: number;
  call: OutsideCall;
};

export type ChainState =
  | ({ state: "consistent" } & Walked)
  | { state: "broken"; sequence: number; reason: string; at: string }
  | { state: "empty" }
  | ({ state: "unprotected"; missing: string } & Walked);

/** `walkedWholeAt`: when this process last walked it from the first event; null before it has. */
type Walked = { upTo: number; at: string; walkedWholeAt: string | null };
