import "server-only";

/** Docker's own JSON, as far as the model has it. */
export type Reference = {
  File: { Name: string; UID: string; GID: string; Mode: number };
  SecretID: string;
  SecretName: string;
};
export type Spec = {
  Name: string;
  Labels: Record<string, string>;
  TaskTemplate: {
    ContainerSpec: { Image: string; Secrets?: Reference[]; Env?: string[]; Healthcheck?: object };
    RestartPolicy?: { Condition: "any" | "on-failure" | "none" };
    ForceUpdate: number;
  };
  Mode: { Replicated?: { Replicas: number }; Global?: object; ReplicatedJob?: { TotalCompletions: number } };
  UpdateConfig?: {
    Parallelism?: number;
    Monitor?: number;
    Delay?: number;
    FailureAction?: "pause" | "continue" | "rollback";
    Order?: "stop-first" | "start-first";
  };
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
  slot: number;
  nodeId: string;
  createdAt: number;
  /** When its state was last another. */
  changedAt: number;
  template: string;
  secretIds: string[];
  desired: "running" | "shutdown" | "complete";
  state: "preparing" | "running" | "shutdown" | "failed" | "complete" | "pending";
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
  /** When the tasks of the present rollout were all seen to run; null while it is under way. */
  settledAt: number | null;
  isRolling: boolean;
};

/** How new tasks of a template fare: how long they take, and whether and when they fail. */
export type Fate = {
  startSeconds: number;
  failsAfterSeconds: number | null;
  completesAfterSeconds: number | null;
  error: string;
};

export const usualFate: Fate = { startSeconds: 2, failsAfterSeconds: null, completesAfterSeconds: null, error: "" };

export function templateOf({ TaskTemplate }: Spec): string {
  return JSON.stringify(TaskTemplate);
}

/** The IDs of the secrets that a spec names. */
export function namedIn({ TaskTemplate }: Spec): string[] {
  return (TaskTemplate.ContainerSpec.Secrets ?? []).map(({ SecretID }) => SecretID);
}

export function wantedOf({ Mode }: Spec, nodes: number): number {
  if (Mode.Global) return nodes;
  return Mode.Replicated?.Replicas ?? Mode.ReplicatedJob?.TotalCompletions ?? 1;
}

export function hasEndedTask({ state }: Task): boolean {
  return state === "shutdown" || state === "failed" || state === "complete";
}

export function isJob({ Mode }: Spec): boolean {
  return Mode.ReplicatedJob !== undefined;
}
