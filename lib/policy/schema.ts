/** Who acts, on what, and what acting is called. The same string hides a button and refuses a request. */

export const roles = ["viewer", "auditor", "operator", "administrator"] as const;
export type Role = (typeof roles)[number];

export type Person = {
  type: "person";
  personId: string;
  name: string;
  email: string;
  role: Role;
  sessionId: string;
  /** From a trusted proxy or the socket; null when unknown. */
  address: string | null;
  userAgent: string | null;
};

/** `system` watches, undoes and closes; `schedule` acts because somebody once set it to. */
export type Actor = Person | { type: "schedule"; setBy: string } | { type: "system" } | { type: "outside" };

/** The verbs that run through the engine. Each is also the permit `secret.<kind>`. */
export const operationKinds = [
  "create",
  "adopt",
  "edit",
  "grant",
  "revoke",
  "rotate",
  "roll-back",
  "move-rest",
  "put-back",
  "take-over",
  "retire",
  "keep",
  "rotate-emergency",
] as const;
export type OperationKind = (typeof operationKinds)[number];

/** What only administrators begin, only they undo or decide; so it is with what puts services back on a leaked value. */
export const administratorKinds: readonly OperationKind[] = ["retire", "rotate-emergency"];

/** How the title of an operation begins; the names of its secrets follow. */
export const operationVerbs: Record<OperationKind, string> = {
  create: "Create",
  adopt: "Adopt",
  edit: "Settings of",
  grant: "Grant",
  revoke: "Revoke",
  rotate: "Rotate",
  "roll-back": "Roll back",
  "move-rest": "Move the rest of",
  "put-back": "Put back",
  "take-over": "Take over",
  retire: "Retire",
  keep: "Keep",
  "rotate-emergency": "Emergency rotation of",
};

type OnSecret = { secretId: string };
/** A group in one operation: it is allowed as a whole, or not at all. */
type OnSecrets = { secretIds: readonly string[] };
type OnOperation = { operationId: string };
/**
 * Its kind says whose it is: see `administratorKinds`; `isLeaked` where it puts services on a leaked value. Null where
 * there is no such operation, which only those learn who may.
 */
type OnOperationOfKind = OnOperation & { kind: OperationKind | null; isLeaked?: boolean };
type Everything = Record<never, never>;

/** Every action, with what it needs to know of its subject. Add one here and the compiler shows the rest. */
export type Subjects = {
  "secret.create": Everything;
  /** By the objects that are to be taken over. */
  "secret.adopt": { objectIds: string[] };
  "secret.edit": OnSecret;
  /** `isAcrossStacks`: the first grant of this secret to a service of a stack that holds none of it yet. */
  "secret.grant": OnSecret & { isAcrossStacks: boolean };
  "secret.revoke": OnSecret;
  "secret.rotate": OnSecrets;
  /** `isLeaked`: to a version of which an emergency rotation says so. */
  "secret.roll-back": OnSecret & { isLeaked: boolean };
  /** Services that have an older version get the current one. */
  "secret.move-rest": OnSecret;
  "secret.put-back": OnSecret;
  "secret.take-over": OnSecret;
  "secret.retire": OnSecret;
  /** Takes back the retirement of the current version. */
  "secret.keep": OnSecret;
  "secret.rotate-emergency": OnSecret;
  "secret.compare": OnSecret;
  /** Whoever binds has Skep read what its login may read, and hands it to the services of the secret. */
  "secret.bind": OnSecret;
  "secret.unbind": OnSecret;
  /** Whoever attaches has Skep change a password elsewhere with each rotation. */
  "secret.attach": OnSecret;
  "secret.detach": OnSecret;
  /** Has its source asked now, and not within a minute. */
  "secret.look": OnSecret;
  /** As to bind, for whatever its login can list; new secrets are made for it. */
  "secret.import": Everything;
  "source.read": Everything;
  "source.edit": Everything;
  "rotator.read": Everything;
  "rotator.edit": Everything;
  "operation.stop": OnOperation;
  "operation.undo": OnOperationOfKind;
  "operation.decide": OnOperationOfKind;
  "audit.read": Everything;
  "audit.verify": Everything;
  "audit.export": Everything;
  "person.read": Everything;
  "person.invite": { role: Role };
  "person.change": { personId: string };
  /** One's own; nobody sets another's. */
  "password.change": { personId: string };
  "session.revoke": { sessionId: string; personId: string };
  "setting.edit": Everything;
  "automation.pause": Everything;
  "swarm.recognise": Everything;
};

export type Action = keyof Subjects;
export type SubjectOf<A extends Action> = Subjects[A];
