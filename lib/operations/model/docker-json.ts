import "server-only";
import type { NodeObject } from "#lib/swarm/schema.ts";
import type { ModelSwarm } from "./swarm.ts";
import { hasEndedTask, isJob, type Secret, type Service, type Spec, type Task } from "./tasks.ts";

/** The model's objects in Docker's own JSON, for those who read it as they read an engine. */
export function secretJson({ id, name, labels, templating, index, createdAt }: Secret) {
  const Templating = templating === null ? {} : { Templating: { Name: templating } };
  return {
    ID: id,
    Version: { Index: index },
    CreatedAt: iso(createdAt),
    Spec: { Name: name, Labels: labels, ...Templating },
  };
}

export function serviceJson(model: ModelSwarm, service: Service) {
  const { id, spec, previousSpec, index, createdAt, updatedAt, update } = service;
  return {
    ID: id,
    Version: { Index: index },
    CreatedAt: iso(createdAt),
    UpdatedAt: iso(updatedAt),
    Spec: spec,
    ...(previousSpec ? { PreviousSpec: previousSpec } : {}),
    ...(update ? { UpdateStatus: statusJson(update) } : {}),
    ServiceStatus: serviceStatus(model, service),
  };
}

export function serviceStatus(model: ModelSwarm, { id, spec }: Service) {
  const tasks = model.tasksOf(id);
  return {
    RunningTasks: tasks.filter(({ state }) => state === "running").length,
    DesiredTasks: desiredIn(spec, tasks),
    CompletedTasks: isJob(spec) ? tasks.filter(({ state }) => state === "complete").length : 0,
  };
}

/** Of a global service Docker counts those that are to run at this moment, which is none while one is replaced. */
function desiredIn({ Mode }: Spec, tasks: readonly Task[]): number {
  if (Mode.Replicated) return Mode.Replicated.Replicas;
  if (Mode.ReplicatedJob) return Mode.ReplicatedJob.TotalCompletions;
  return tasks.filter(({ desired }) => desired === "running" || desired === "complete").length;
}

function statusJson({ state, startedAt, completedAt, message }: NonNullable<Service["update"]>) {
  return {
    State: state,
    StartedAt: iso(startedAt),
    Message: message,
    ...(completedAt ? { CompletedAt: iso(completedAt) } : {}),
  };
}

export function taskJson(task: Task) {
  return {
    ID: task.id,
    ServiceID: task.serviceId,
    ...(task.slot === 0 ? {} : { Slot: task.slot }),
    NodeID: task.nodeId,
    CreatedAt: iso(task.createdAt),
    DesiredState: task.desired,
    Spec: { ContainerSpec: { Secrets: task.secretIds.map((SecretID) => ({ SecretID })) } },
    Status: {
      State: task.state,
      Timestamp: iso(task.changedAt),
      Err: task.error ?? "",
      ...(hasEndedTask(task) && task.exitCode !== null ? { ContainerStatus: { ExitCode: task.exitCode } } : {}),
    },
  };
}

export function nodeJson({ id, hostname, role, state, availability, isLeader, isReachable }: NodeObject) {
  const Reachability = isReachable ? "reachable" : "unreachable";
  return {
    ID: id,
    Spec: { Role: role, Availability: availability },
    Description: { Hostname: hostname },
    Status: { State: state },
    ...(role === "manager" ? { ManagerStatus: { Leader: isLeader, Reachability } } : {}),
  };
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
