import "server-only";
import {
  type EventActor,
  type EventDetail,
  type EventOutcome,
  isRotatorCall,
  type OutsideCall,
  type SwarmCall,
} from "./schema.ts";

/** What an event can be found and filtered by. It is the end of the body, so it is sealed with it. */
export type EventFacts = {
  id: string;
  at: string;
  type: EventDetail["type"];
  actorId: string | null;
  actorName: string;
  clusterId: string | null;
  operationId: string | null;
  outcome: EventOutcome;
  secretNames: string[];
  serviceNames: string[];
  subjectIds: string[];
  callKey: string | null;
};

export function factsOf(
  actor: EventActor,
  detail: EventDetail,
): Omit<EventFacts, "id" | "at" | "clusterId" | "operationId"> {
  const secrets = [...secretsOf(detail)];
  const services = [...servicesOf(detail)];
  return {
    type: detail.type,
    actorId: actor.type === "person" ? actor.personId : null,
    actorName: actorNameOf(actor),
    outcome: outcomeOf(detail),
    secretNames: unique(secrets.map(({ name }) => name)),
    serviceNames: unique(services.map(({ name }) => name)),
    subjectIds: unique([...secrets, ...services].flatMap(({ id }) => id ?? [])),
    callKey: "call" in detail ? callKeyOf(detail.step, detail.attempt, detail.call) : null,
  };
}

export function callKeyOf(step: string, attempt: number, call: OutsideCall): string {
  const why = call.call === "service.update" ? `:${call.why}` : "";
  return `${step}#${attempt}#${call.call}${why}`;
}

function actorNameOf(actor: EventActor): string {
  if (actor.type === "person") return actor.name;
  if (actor.type === "schedule") return `schedule (set by ${actor.setBy})`;
  return { system: "Skep", outside: "outside Skep", swarm: "Docker Swarm", stranger: "somebody" }[actor.type];
}

type Mention = { id: string | null; name: string };

function secretsOf(detail: EventDetail): Mention[] {
  if ("secrets" in detail) {
    const objects =
      "versions" in detail ? detail.versions.map(({ objectName }) => ({ id: null, name: objectName })) : [];
    return [...detail.secrets, ...objects];
  }
  if ("call" in detail) return secretsOfCall(detail.call, "objectId" in detail ? detail.objectId : null);
  if ("secret" in detail)
    return "objectName" in detail ? [detail.secret, { id: null, name: detail.objectName }] : [detail.secret];
  if ("objectName" in detail) return [{ id: detail.objectId, name: detail.objectName }];
  return "changes" in detail ? secretsOfChanges(detail.changes) : [];
}

function secretsOfCall(call: OutsideCall, madeObjectId: string | null): Mention[] {
  if (isRotatorCall(call)) return [];
  if (call.call === "service.update") return secretsOfChanges(call.changes);
  const objectId = call.call === "secret.remove" ? call.objectId : madeObjectId;
  return [call.secret, { id: objectId, name: call.objectName }];
}

function secretsOfChanges(changes: Extract<SwarmCall, { changes: unknown }>["changes"]): Mention[] {
  return changes.flatMap((change) => [
    ...(change.fromObjectName === null ? [] : [{ id: change.fromObjectId, name: change.fromObjectName }]),
    ...(change.toObjectName === null ? [] : [{ id: change.toObjectId, name: change.toObjectName }]),
  ]);
}

function servicesOf(detail: EventDetail): Mention[] {
  if ("services" in detail) return "leftOut" in detail ? [...detail.services, ...detail.leftOut] : detail.services;
  if ("service" in detail) return [detail.service];
  return "call" in detail && detail.call.call === "service.update" ? [detail.call.service] : [];
}

function outcomeOf(detail: EventDetail): EventOutcome {
  switch (detail.type) {
    case "operation.intended":
    case "call.intended":
    case "retirement.requested":
    case "retirement.taken-back":
      return "intended";
    case "operation.ended":
      return outcomesOfOperations[detail.outcome];
    case "call.ended":
      return ({ applied: "done", "not-applied": "failed", unknown: "attention" } as const)[detail.result];
    case "operation.undo-began":
      return "running";
    case "operation.needs-attention":
      return "attention";
    case "permit.denied":
    case "session.sign-in-refused":
      return "denied";
    case "outside.secret-created":
    case "outside.secret-removed":
    case "outside.secret-relabelled":
    case "outside.references-changed":
    case "swarm.rolled-back":
      return "observed";
    case "audit.verified":
      return detail.isConsistent ? "done" : "failed";
    default:
      return "done";
  }
}

const outcomesOfOperations = {
  done: "done",
  "done-left-out": "done",
  undone: "undone",
  "stopped-mixed": "mixed",
  "failed-nothing-changed": "failed",
  accepted: "mixed",
} as const;

function unique(values: string[]): string[] {
  return [...new Set(values)];
}
