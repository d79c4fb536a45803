import type { EventView } from "#lib/audit/schema.ts";
import type { Finding, FindingCount, FindingPage } from "#lib/findings/schema.ts";
import type { OperationRow, SecretSettings } from "#lib/operations/schema.ts";
import type { Action } from "#lib/policy/schema.ts";
import type { RotatorKind } from "#lib/rotators/schema.ts";
import type { SecretCondition, VersionState } from "#lib/secrets/schema.ts";
import type { BindingMode } from "#lib/settings/schema.ts";
import type { Take } from "#lib/sources/schema.ts";
import type { ConnectionState, ServiceKind, Standing, UpdateState } from "#lib/swarm/schema.ts";

/** The frame of every page: whose Swarm, how it is, what it counts. */
export type FrameView = {
  /** The revision at which the page was read: at a higher one it has to be read again. */
  revision: number;
  swarm: {
    name: string;
    clusterId: string | null;
    managers: number;
    workers: number;
    /** Of both, those that do not answer the others. */
    nodesDown: number;
    isSandbox: boolean;
  };
  connection: ConnectionState;
  /** ISO 8601, when the Swarm last confirmed what pages show. */
  asOf: string | null;
  /** Set when nothing may be changed (R18), with the reason. */
  readOnlyReason: string | null;
  isAutomationPaused: boolean;
  counts: { secrets: number; services: number; openOperations: number; needAttention: number };
};

export type SecretRow = {
  /** The Skep ID of a managed secret; null for an unmanaged group. */
  id: string | null;
  /** What the URL names: /secrets/<key>. The ID, or the object ID of the newest unmanaged version. */
  key: string;
  name: string;
  currentVersion: number | null;
  /** ISO 8601 of the current version's object. */
  since: string | null;
  services: string[];
  targets: string[];
  stacks: string[];
  owner: string;
  tags: string[];
  labelKeys: string[];
  condition: SecretCondition;
  /** The condition in a few words: "Rotating 4/6", "v3 in cart". */
  conditionText: string;
  openOperationId: string | null;
  /** Whether it can get a new version now: Skep manages it, keeps its value in the Swarm, and nothing is under way on it. */
  isRotatable: boolean;
};

export type SecretsView = {
  rows: SecretRow[];
  unmanaged: number;
  needAttention: number;
  can: Action[];
};

export type GrantView = {
  serviceId: string;
  serviceName: string;
  stack: string | null;
  kind: ServiceKind;
  isJob: boolean;
  target: string;
  path: string;
  uid: string;
  gid: string;
  mode: number;
  objectId: string;
  /** The version that the service's spec names; null when it is not one of this secret that Skep knows. */
  version: number | null;
  /** Its tasks that run, and those that ran to their end, by the version that they read. */
  tasks: { version: number | null; running: number; finished: number }[];
  tasksWanted: number;
  hasHealthCheck: boolean;
  /** What the record says, where the Swarm says otherwise. */
  drift: { kind: "other-version" | "changed" | "not-recorded" | "gone"; text: string } | null;
};

export type VersionView = {
  versionId: string | null;
  number: number | null;
  objectId: string | null;
  objectName: string;
  state: VersionState | "unmanaged";
  /** ISO 8601. */
  createdAt: string;
  text: string;
  /** An emergency rotation said so of its value. */
  isLeaked: boolean;
  /** At its rotator its login has another password since, or may have: then nobody can sign in with it any more. */
  replaced: "surely" | "perhaps" | null;
  /** What keeps it from being removed, in words; empty when nothing does. */
  heldBy: string[];
  /** Stacks that were last deployed with it, each with the line to change; empty once somebody has confirmed that. */
  stacks: { stack: string; sentence: string; copy: { title: string; text: string } }[];
  /** ISO 8601, before which it is kept; null when that time is over, or nobody asked for its removal. */
  retireAfter: string | null;
  can: Action[];
};

export type SecretView = {
  id: string | null;
  key: string;
  name: string;
  settings: SecretSettings | null;
  condition: SecretCondition;
  conditionText: string;
  currentVersion: number | null;
  currentObjectName: string | null;
  createdAt: string | null;
  versions: VersionView[];
  grants: GrantView[];
  operations: OperationRow[];
  events: EventView[];
  eventCount: number;
  findings: Finding[];
  /** For an unmanaged one: the name and the versions that Skep proposes to adopt together. */
  proposal: {
    name: string;
    versions: { objectId: string; objectName: string; number: number; createdAt: string }[];
  } | null;
  compose: string;
  /** The source that its values come from; null where people or generators make them. */
  binding: BindingView | null;
  /** The rotator that its versions are passwords at; null where there is none. */
  attachment: AttachmentView | null;
  can: Action[];
};

/** A secret whose values come from a source, and whether both sides have the same. */
export type BindingView = {
  sourceName: string;
  path: string;
  take: Take;
  mode: BindingMode;
  boundBy: string;
  boundAt: string;
  /** The version that the source has, and the one there that the Swarm has; null where nobody knows. */
  newestId: string | null;
  currentId: string | null;
  isDeleted: boolean;
  /** By version ids; `unknown` where the value of the Swarm came from elsewhere, or the source tells no versions. */
  agreement: "agrees" | "differs" | "unknown";
  /** ISO 8601. */
  lookedAt: string | null;
  failure: { sentence: string; since: string } | null;
  /** Other secrets that take their values from the same place. */
  together: { secretId: string; name: string }[];
  can: Action[];
};

/** A secret whose versions are passwords that are set at a rotator. */
export type AttachmentView = {
  rotatorName: string;
  kind: RotatorKind;
  /** Whose passwords it sets, and whether the old one works on meanwhile; null where nobody understands what is stored. */
  mode: { logins: string[]; keepsOld: boolean } | null;
  /** Whose password the current version is; null where there are no logins. */
  login: string | null;
  /** How it is written of the user's name and the password. */
  template: string;
  /** Other secrets of the same rotator. */
  together: { secretId: string; name: string }[];
  can: Action[];
};

/** A managed secret where several are rotated together, without what happened to it. */
export type MemberView = Pick<SecretView, "name" | "settings" | "currentVersion" | "grants"> & {
  /** The source that its values come from, or the rotator that its passwords are set at. */
  sourceName: string | null;
  rotatorName: string | null;
};

export type ServiceRow = {
  id: string;
  name: string;
  stack: string | null;
  kind: ServiceKind;
  isJob: boolean;
  secrets: string[];
  /** Its files, and the keys of its labels: what it is searched by beside what is shown. */
  targets: string[];
  labelKeys: string[];
  running: number;
  wanted: number;
  standing: Standing;
  update: UpdateState | null;
  hasHealthCheck: boolean;
  failureAction: "pause" | "continue" | "rollback";
  /** What is worth a look: drift, paused, a secret in the environment. */
  notes: string[];
};

/** A secret as a service has it. */
export type HeldView = GrantView & {
  secretKey: string;
  secretName: string;
  /** Null: unmanaged. */
  secretId: string | null;
  hasOlderVersion: boolean;
};

export type ServiceView = ServiceRow & {
  image: string;
  isImagePinned: boolean;
  replicas: number | null;
  user: string | null;
  healthCheckText: string;
  updatePolicyText: string;
  /** Whether a rotation of this service could be judged, and why not. */
  judgement: { verdict: "verified" | "running-not-verified" | "unverified-asleep"; sentence: string };
  /** Docker's words on an update that stands still or goes back; null while there is nothing to say. */
  updateMessage: string | null;
  holds: HeldView[];
  environmentFindings: string[];
  tasks: { id: string; slot: number | null; node: string; state: string; since: string; error: string | null }[];
  operations: OperationRow[];
  events: EventView[];
  can: Action[];
};

/** How many things there are to see, whether or not a page shows them. */
export type FindingCounts = {
  needAttention: number;
  /** Merely worth knowing, or under way by itself. */
  notes: number;
  /** Of each rule, the gravest first. */
  kinds: FindingCount[];
};

export type FindingsView = FindingCounts & FindingPage;

export type OverviewView = FindingCounts & {
  /** The most pressing ones. */
  findings: Finding[];
  /** There are more than these. */
  isCut: boolean;
  swarmSentence: string;
  counts: { secrets: number; unmanaged: number; services: number; servicesWithSecrets: number };
  latest: EventView[];
  operations: OperationRow[];
};
