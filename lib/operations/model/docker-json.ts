import "server-only";
import type { NodeObject } from "#lib/swarm/schema.ts";
import type { ModelSwarm } from "./swarm.ts";
import { hasEndedTask, type Secret, type Service, type Task, wantedOf } from "./tasks.ts";

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
  const tasks = model.tasksOf(id);
  const readyNodes = model.nodes.filter(({ state }) => state === "ready").length;
  return {
    ID: id,
    Version: { Index: index },
    CreatedAt: iso(createdAt),
    UpdatedAt: iso(updatedAt),
    Spec: spec,
    ...(previousSpec ? { PreviousSpec: previousSpec } : {}),
    ...(update ? { UpdateStatus: statusJson(update) } : {}),
    ServiceStatus: {
      RunningTasks: tasks.filter(({ state }) => state === "running").length,
      DesiredTasks: wantedOf(spec, readyNodes),
      CompletedTasks: tasks.filter(({ state }) => state === "complete").length,
    },
  };
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
    Slot: task.slot,
    NodeID: task.nodeId,
    CreatedAt: iso(task.createdAt),
    DesiredState: task.desired,
    Spec: { ContainerSpec: { Secrets: task.secretIds.map((SecretID) => ({ SecretID })) } },
    Status: {
      State: task.state,
      Timestamp: iso(task.changedAt),
      Err: task.error ?? "",
      ...(hasEndedTask(task) ? { ContainerStatus: { ExitCode: task.exitCode ?? 0 } } : {}),
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
