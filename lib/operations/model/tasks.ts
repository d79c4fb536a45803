import "server-only";

/** Docker's own JSON, as far as the model has it. */
export type Reference = {
  File: { Name: string; UID: string; GID: string; Mode: number };
  SecretID: string;
  SecretName: string;
};
export type UpdateConfig = {
  Parallelism?: number;
  Monitor?: number;
  Delay?: number;
  FailureAction?: "pause" | "continue" | "rollback";
  MaxFailureRatio?: number;
  Order?: "stop-first" | "start-first";
};
export type Spec = {
  Name: string;
  Labels: Record<string, string>;
  TaskTemplate: {
    ContainerSpec: {
      Image: string;
      Secrets?: Reference[];
      Env?: string[];
      Labels?: Record<string, string>;
      Healthcheck?: object;
    };
    RestartPolicy?: { Condition?: "any" | "on-failure" | "none"; Delay?: number };
    ForceUpdate: number;
  };
  Mode: {
    Replicated?: { Replicas: number };
    Global?: object;
    ReplicatedJob?: { TotalCompletions: number };
    GlobalJob?: object;
  };
  UpdateConfig?: UpdateConfig;
  RollbackConfig?: UpdateConfig;
};

export type Secret = {
  id: string;
  name: string;
  labels: Record<string, string>;
  templating: string | null;
  index: number;
  value: string;
  createdAt: number;
};

export type Task = {
  id: string;
  serviceId: string;
  /** 0 for a task of a global service, whose place is its node. */
  slot: number;
  nodeId: string;
  createdAt: number;
  /** When its state was last another. */
  changedAt: number;
  /** The task template that it was made from, and the same as text. */
  spec: Spec["TaskTemplate"];
  template: string;
  secretIds: string[];
  desired: "ready" | "running" | "shutdown" | "complete" | "remove";
  state: "pending" | "preparing" | "ready" | "starting" | "running" | "shutdown" | "failed" | "rejected" | "complete";
  /** The task that must have ended before this one may start. */
  waitsFor: string | null;
  /** When the next change of state is due. */
  dueAt: number | null;
  exitCode: number | null;
  error: string | null;
};

export type Update = { state: string; startedAt: number; completedAt: number | null; message: string };

export type Service = {
  id: string;
  spec: Spec;
  previousSpec: Spec | null;
  index: number;
  createdAt: number;
  updatedAt: number;
  update: Update | null;
  /** Which run of a job this is. */
  iteration: number;
};

/** How tasks fare: how long they take to start and to stop, and whether and when they fail. */
export type Fate = {
  startSeconds: number;
  stopSeconds: number;
  failsAfterSeconds: number | null;
  completesAfterSeconds: number | null;
  error: string;
};

export const usualFate: Fate = {
  startSeconds: 2,
  stopSeconds: 0.5,
  failsAfterSeconds: null,
  completesAfterSeconds: null,
  error: "",
};

const templates = new WeakMap<object, string>();

/** The task template as text. A template is never changed once a service has it, so the text is made once. */
export function templateOf({ TaskTemplate }: Spec): string {
  const known = templates.get(TaskTemplate);
  if (known !== undefined) return known;
  const text = JSON.stringify(TaskTemplate);
  templates.set(TaskTemplate, text);
  return text;
}

/** The IDs of the secrets that a spec names. */
export function namedIn({ TaskTemplate }: Spec): string[] {
  return (TaskTemplate.ContainerSpec.Secrets ?? []).map(({ SecretID }) => SecretID);
}

export function hasEndedTask({ state }: Task): boolean {
  return state === "shutdown" || state === "failed" || state === "rejected" || state === "complete";
}

/** The Swarm wants it to run, or to be ready for it. */
export function isWanted({ desired }: Task): boolean {
  return desired === "running" || desired === "ready";
}

export function isJob({ Mode }: Spec): boolean {
  return Mode.ReplicatedJob !== undefined || Mode.GlobalJob !== undefined;
}

/** Where a task belongs: a slot, or for a global service a node. */
export function placeOf({ slot, nodeId }: Pick<Task, "slot" | "nodeId">): string {
  return slot === 0 ? nodeId : String(slot);
}

/** A restart policy without a word means any; so does none at all. */
export function conditionOf({ TaskTemplate }: Spec): "any" | "on-failure" | "none" {
  return TaskTemplate.RestartPolicy?.Condition ?? "any";
}
