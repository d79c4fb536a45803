import "server-only";
import {
  type Fields,
  hasObject,
  listAt,
  numberAt,
  objectAt,
  requireFields,
  requireList,
  requireNumber,
  requireText,
  secondsAt,
  textAt,
  textMapAt,
  textsAt,
  wordAt,
} from "./fields.ts";
import { itemTexts, memberText } from "./json-text.ts";
import { lastUpdateOf } from "./last-update.ts";
import { containerOf, readReferences } from "./read-references.ts";
import { redactError } from "./redact.ts";
import type { HealthCheck, ServiceMode, ServiceObject, UpdatePolicy, UpdateState, UpdateStatus } from "./schema.ts";
import { specFromTextOf } from "./spec.ts";

/** Reads Docker's list. The specs are pieces of its text, cut out as they are and only when they are asked for. */
export function readServices(answer: unknown, text?: string): ServiceObject[] {
  let items: string[] | null = null;
  return requireList(answer).map((fields, index) => {
    const findSpec = () => {
      items ??= itemTexts(text ?? JSON.stringify(answer));
      return memberText(items[index] ?? "", "Spec") ?? "";
    };
    return readService(fields, findSpec);
  });
}

function readService(fields: Fields, findSpec: () => string): ServiceObject {
  const spec = requireFields(fields.Spec);
  const container = containerOf(spec);
  const status = objectAt(fields, "ServiceStatus");
  const image = textAt(container, "Image");
  const labels = textMapAt(spec, "Labels");
  return {
    id: requireText(fields, "ID"),
    name: requireText(spec, "Name"),
    stack: labels["com.docker.stack.namespace"] || null,
    createdAt: textAt(fields, "CreatedAt"),
    updatedAt: textAt(fields, "UpdatedAt"),
    versionIndex: requireNumber(objectAt(fields, "Version"), "Index"),
    mode: readMode(objectAt(spec, "Mode")),
    restartCondition: wordAt(
      objectAt(objectAt(spec, "TaskTemplate"), "RestartPolicy"),
      "Condition",
      ["any", "on-failure", "none"],
      "any",
    ),
    references: readReferences(spec),
    previousReferences: hasObject(fields, "PreviousSpec") ? readReferences(objectAt(fields, "PreviousSpec")) : null,
    lastUpdate: lastUpdateOf(fields),
    update: readUpdate(objectAt(fields, "UpdateStatus"), container),
    updatePolicy: readUpdatePolicy(objectAt(spec, "UpdateConfig")),
    image,
    isImagePinned: image.includes("@sha256:"),
    user: textAt(container, "User") || null,
    healthCheck: readHealthCheck(container),
    environmentNames: textsAt(container, "Env").map((entry) => entry.split("=", 1)[0] ?? ""),
    labelKeys: Object.keys(labels),
    tasks: {
      running: numberAt(status, "RunningTasks"),
      desired: numberAt(status, "DesiredTasks"),
      completed: numberAt(status, "CompletedTasks"),
    },
    spec: specFromTextOf(findSpec),
  };
}

function readMode(mode: Fields): ServiceMode {
  if (hasObject(mode, "Global")) return { type: "global" };
  if (hasObject(mode, "GlobalJob")) return { type: "global-job" };
  if (hasObject(mode, "ReplicatedJob")) {
    const job = objectAt(mode, "ReplicatedJob");
    return { type: "replicated-job", completions: numberAt(job, "TotalCompletions") };
  }
  return { type: "replicated", replicas: numberAt(objectAt(mode, "Replicated"), "Replicas") };
}

const updateStates: readonly UpdateState[] = [
  "updating",
  "paused",
  "completed",
  "rollback_started",
  "rollback_paused",
  "rollback_completed",
];

/** A state that Docker has and Skep does not know counts as under way: such a service is left alone. */
function readUpdate(status: Fields, container: Fields): UpdateStatus | null {
  if (textAt(status, "State") === "") return null;
  return {
    state: wordAt(status, "State", updateStates, "updating"),
    startedAt: timeAt(status, "StartedAt"),
    completedAt: timeAt(status, "CompletedAt"),
    message: redactError(textAt(status, "Message"), container),
  };
}

/** Go writes the absence of a time as the year 1. */
function timeAt(fields: Fields, name: string): string | null {
  const time = textAt(fields, name);
  return time === "" || time.startsWith("0001-") ? null : time;
}

/** Swarm's own defaults where the spec says nothing. */
function readUpdatePolicy(config: Fields): UpdatePolicy {
  return {
    parallelism: typeof config.Parallelism === "undefined" ? 1 : numberAt(config, "Parallelism"),
    delaySeconds: secondsAt(config, "Delay"),
    monitorSeconds: secondsAt(config, "Monitor") || 5,
    failureAction: wordAt(config, "FailureAction", ["pause", "continue", "rollback"], "pause"),
    order: wordAt(config, "Order", ["stop-first", "start-first"], "stop-first"),
  };
}

/** Only a test that the spec itself names is sure to run; a changed interval alone says nothing about the image. */
function readHealthCheck(container: Fields): HealthCheck | "disabled" | null {
  const check = objectAt(container, "Healthcheck");
  const [kind] = listAt(check, "Test");
  if (kind === "NONE") return "disabled";
  if (kind === undefined) return null;
  return {
    intervalSeconds: secondsAt(check, "Interval") || 30,
    retries: numberAt(check, "Retries") || 3,
    startPeriodSeconds: secondsAt(check, "StartPeriod"),
  };
}
