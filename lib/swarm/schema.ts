/** Our shapes of what the Swarm holds. Nothing of Docker's own JSON leaves this room but `ServiceSpec`, and that one unread. */

/** A service's spec exactly as Docker sent it, numbers above 2^53 included. Only `patch.ts` looks inside; everyone else hands it back. */
export type ServiceSpec = { readonly opaque: unique symbol };

/** A secret object in the Swarm. Its value cannot be read by anyone but a task. */
export type SecretObject = {
  id: string;
  name: string;
  /** ISO 8601. */
  createdAt: string;
  versionIndex: number;
  labels: Record<string, string>;
  /** Set for secrets whose value a plugin delivers: these have no versions to rotate. */
  driver: string | null;
  /** Docker's template driver (`golang`), copied to each next version. */
  templating: string | null;
};

/** A service's mount of one secret object. */
export type SecretReference = {
  objectId: string;
  objectName: string;
  /** File name below /run/secrets, or an absolute path. */
  target: string;
  uid: string;
  gid: string;
  /** As a number: 0o444 is 292. Written as octal wherever a person reads it. */
  mode: number;
};

/** Where a target's file is in the container: `x` and `/run/secrets/x` are the same file. */
export function pathOfTarget(target: string): string {
  const path = target.startsWith("/") ? target : `/run/secrets/${target}`;
  return path.replace(/\/(\.?\/)+/g, "/");
}

export function isSamePath(one: string, other: string): boolean {
  return one === other || pathOfTarget(one) === pathOfTarget(other);
}

/** Whose a file is, and who may read it. */
export type FileAccess = Pick<SecretReference, "uid" | "gid" | "mode">;

export function isSameAccess(one: FileAccess, other: FileAccess): boolean {
  return one.uid === other.uid && one.gid === other.gid && one.mode === other.mode;
}

export type ServiceMode =
  | { type: "replicated"; replicas: number }
  | { type: "global" }
  | { type: "replicated-job"; completions: number }
  | { type: "global-job" };

/** How a rotation meets a service: docs/engine.md says what each means. */
export type ServiceKind = "long-running" | "runs-to-end" | "asleep";

/**
 * How a service is doing by itself. `paused`: its last update or rollback failed and stands still. `short`: it runs
 * fewer tasks than it wants, and no update that goes on is the reason.
 */
export type Standing = "well" | "paused" | "short";

export type UpdateState =
  | "updating"
  | "paused"
  | "completed"
  | "rollback_started"
  | "rollback_paused"
  | "rollback_completed";

export type UpdateStatus = {
  state: UpdateState;
  startedAt: string | null;
  completedAt: string | null;
  message: string;
};

export type HealthCheck = { intervalSeconds: number; retries: number; startPeriodSeconds: number };

export type UpdatePolicy = {
  /** 0 means all at once. */
  parallelism: number;
  delaySeconds: number;
  monitorSeconds: number;
  failureAction: "pause" | "continue" | "rollback";
  order: "stop-first" | "start-first";
};

export type ServiceObject = {
  id: string;
  name: string;
  /** Value of com.docker.stack.namespace. */
  stack: string | null;
  createdAt: string;
  updatedAt: string;
  versionIndex: number;
  mode: ServiceMode;
  restartCondition: "any" | "on-failure" | "none";
  references: SecretReference[];
  /** What `docker service rollback` would go back to; null when there is nothing to go back to. */
  previousReferences: SecretReference[] | null;
  /** What the last update changed, by the same: nothing, only the number of tasks or a restart by force, or more. */
  lastUpdate: "identical" | "scale-or-force" | "other" | null;
  update: UpdateStatus | null;
  updatePolicy: UpdatePolicy;
  image: string;
  isImagePinned: boolean;
  /** The user of the container as the spec says it, for the default owner of a grant. */
  user: string | null;
  /** From the spec; an image may bring one of its own that Swarm does not tell. `disabled` is `NONE`. */
  healthCheck: HealthCheck | "disabled" | null;
  /** Names only; values never leave `swarm`. */
  environmentNames: string[];
  labelKeys: string[];
  /** As `/services?status=true` counts them. */
  tasks: { running: number; desired: number; completed: number };
  spec: ServiceSpec;
};

export type TaskState =
  | "new"
  | "allocated"
  | "pending"
  | "assigned"
  | "accepted"
  | "preparing"
  | "ready"
  | "starting"
  | "running"
  | "complete"
  | "shutdown"
  | "failed"
  | "rejected"
  | "remove"
  | "orphaned";

export type TaskObject = {
  id: string;
  serviceId: string;
  slot: number | null;
  nodeId: string | null;
  createdAt: string;
  desiredState: TaskState;
  state: TaskState;
  /** When `state` was reached. */
  stateAt: string;
  exitCode: number | null;
  /** At most 300 characters, without the service's own environment and argument values. */
  error: string | null;
  /** The objects that this task's own spec names: what it really runs with. */
  secretObjectIds: string[];
};

export type NodeObject = {
  id: string;
  hostname: string;
  role: "manager" | "worker";
  state: "ready" | "down" | "unknown" | "disconnected";
  availability: "active" | "pause" | "drain";
  isLeader: boolean;
  isReachable: boolean;
};

export type ClusterObject = {
  id: string;
  name: string;
  isAutolocked: boolean;
  engineVersion: string;
};

/** Cluster volumes (CSI) may name secrets too; the gate asks for them. */
export type VolumeObject = { id: string; name: string; secretObjectIds: string[] };

/** A change to a service's references, by object ID. `applyEdits` turns it into a new spec. */
export type ReferenceEdit =
  | { edit: "replace"; fromObjectIds: string[]; to: { objectId: string; objectName: string } }
  | {
      edit: "replaceEach";
      pairs: { fromObjectId: string; target: string; to: { objectId: string; objectName: string } }[];
    }
  | { edit: "add"; reference: SecretReference }
  | { edit: "remove"; objectId: string; target: string }
  | ({ edit: "set-file"; objectId: string; target: string; to: { objectId: string; objectName: string } } & FileAccess);

/** What a patch did, so that the ledger can undo exactly that. `file-set`: owner or mode too, which `fromFile` has as they were. */
export type ReferenceChange = {
  change: "replaced" | "added" | "removed" | "file-set";
  fromFile?: FileAccess;
  target: string;
  fromObjectId: string | null;
  fromObjectName: string | null;
  toObjectId: string | null;
  toObjectName: string | null;
  uid: string;
  gid: string;
  mode: number;
};

/** The state of the way to the Swarm, in the words of the banner. */
export type ConnectionState =
  | { state: "connecting" }
  | { state: "connected"; clusterId: string; since: string }
  | {
      state: "lost";
      reason: "unreachable" | "not-manager" | "locked" | "no-leader" | "other-swarm";
      /** ISO 8601. */
      since: string;
    };

/** Everything the live index knows, at one moment. Kept as it was when the connection is lost. */
export type SwarmSnapshot = {
  revision: number;
  /** When the Swarm last confirmed this, ISO 8601; null before the first answer. */
  asOf: string | null;
  connection: ConnectionState;
  cluster: ClusterObject | null;
  secrets: ReadonlyMap<string, SecretObject>;
  services: ReadonlyMap<string, ServiceObject>;
  tasksByService: ReadonlyMap<string, readonly TaskObject[]>;
  nodes: ReadonlyMap<string, NodeObject>;
  /** IDs of the services whose update lacks tasks and has got no further for some minutes. */
  stalled: ReadonlySet<string>;
};

/** Something that happened to a secret, or to what a service mounts, by whomever: Docker does not say. */
export type SwarmChange =
  | {
      objectType: "secret";
      objectId: string;
      objectName: string;
      versionIndex: number;
      /** Null: it was not there. */
      before: SecretObject | null;
      /** Null: it is gone. */
      after: SecretObject | null;
      /** ISO 8601. */
      at: string;
    }
  | {
      objectType: "service";
      objectId: string;
      objectName: string;
      versionIndex: number;
      before: SecretReference[] | null;
      after: SecretReference[] | null;
      /** It stands as the Swarm itself put it back, after new tasks failed. */
      isRolledBack: boolean;
      at: string;
    };
