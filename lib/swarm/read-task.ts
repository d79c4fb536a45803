import "server-only";
import {
  type Fields,
  hasObject,
  numberAt,
  objectAt,
  objectsAt,
  requireFields,
  requireList,
  requireText,
  textAt,
  wordAt,
} from "./fields.ts";
import { redactError } from "./redact.ts";
import type { TaskObject, TaskState } from "./schema.ts";

/** All tasks of an answer. Thousands may wait with the same words, so equal errors of equal containers are cleaned once. */
export function readTasks(answer: unknown): TaskObject[] {
  const cleaned = new Map<string, string>();
  return requireList(answer).map((fields) => readTask(fields, cleaned));
}

const states: readonly TaskState[] = [
  "running",
  "shutdown",
  "complete",
  "failed",
  "pending",
  "new",
  "allocated",
  "assigned",
  "accepted",
  "preparing",
  "ready",
  "starting",
  "rejected",
  "remove",
  "orphaned",
];

function readTask(fields: Fields, cleaned: Map<string, string>): TaskObject {
  const container = objectAt(requireFields(fields.Spec), "ContainerSpec");
  const status = requireFields(fields.Status);
  const run = objectAt(status, "ContainerStatus");
  const slot = numberAt(fields, "Slot");
  return {
    id: requireText(fields, "ID"),
    serviceId: textAt(fields, "ServiceID"),
    slot: slot === 0 ? null : slot,
    nodeId: textAt(fields, "NodeID") || null,
    createdAt: textAt(fields, "CreatedAt"),
    // An unknown state counts as one that has not ended: it keeps what the task uses.
    desiredState: wordAt(fields, "DesiredState", states, "running"),
    state: wordAt(status, "State", states, "starting"),
    stateAt: textAt(status, "Timestamp"),
    exitCode:
      hasEnded(textAt(status, "State")) && hasObject(status, "ContainerStatus") ? numberAt(run, "ExitCode") : null,
    error: errorOf(textAt(status, "Err"), container, cleaned),
    secretObjectIds: objectsAt(container, "Secrets").flatMap((reference) => textAt(reference, "SecretID") || []),
  };
}

function hasEnded(state: string): boolean {
  return state === "complete" || state === "failed" || state === "shutdown" || state === "rejected";
}

function errorOf(text: string, container: Fields, cleaned: Map<string, string>): string | null {
  if (text === "") return null;
  const { Env, Args, Command, Labels, Healthcheck } = container;
  const key = JSON.stringify([text, Env, Args, Command, Labels, Healthcheck]);
  const known = cleaned.get(key);
  if (known !== undefined) return known;
  const clean = redactError(text, container);
  cleaned.set(key, clean);
  return clean;
}
