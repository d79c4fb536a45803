import "server-only";
import { decide, type Permit } from "#lib/policy/permit.ts";
import type { Action, Actor, SubjectOf } from "#lib/policy/schema.ts";
import type { PlannedRotator } from "./planned-value.ts";
import type { Plan, PlannedChange, PlannedEdit, PlannedRetirement, PlannedVersion, SecretSettings } from "./schema.ts";

/** Plans for tests, the sandbox and the gallery. */

export const sampleStarter: Actor = {
  type: "person",
  personId: "person-1",
  name: "ops.one",
  email: "ops.one@example.test",
  role: "operator",
  sessionId: "session-1",
  address: "192.0.2.7",
  userAgent: null,
};

/** What the sample's person may do; fails where she may not. */
export function samplePermit<A extends Action>(
  action: A,
  subject: SubjectOf<A>,
  actor: Actor = sampleStarter,
): Permit<A> {
  const permit = decide(actor, action, subject);
  if (!permit) throw new Error(`${action} is not allowed`);
  return permit;
}

export const sampleSettings: SecretSettings = {
  owner: "",
  description: "",
  tags: [],
  generator: { type: "uuid" },
  order: "canary",
  soakSeconds: null,
  keepSeconds: 86_400,
  oldValueStaysValid: true,
};

export function samplePlan(over: Partial<Plan> = {}): Plan {
  return {
    kind: "rotate",
    clusterId: "cluster-1",
    create: [],
    changes: [],
    retire: [],
    record: [],
    warnings: [],
    secrets: [{ secretId: "secret-db", secretName: "db_password", fromVersion: 1, toVersion: 2 }],
    order: "together",
    canaryServiceId: null,
    atMost: 5,
    oldValueStaysValid: true,
    reason: null,
    ...over,
  };
}

export function sampleVersion(over: Partial<PlannedVersion> = {}): PlannedVersion {
  return {
    secretId: "secret-db",
    secretName: "db_password",
    versionId: "version-2",
    number: 2,
    objectName: "db_password_v2",
    value: { from: "generated", generator: { type: "uuid" } },
    labelsOf: null,
    templating: null,
    ...over,
  };
}

/** A database with two logins, of which services have the first. */
export function sampleRotator(over: Partial<PlannedRotator> = {}): PlannedRotator {
  return {
    rotatorId: "rotator-1",
    rotatorName: "orders",
    login: "app_b",
    oldLogin: "app_a",
    generator: { type: "hex", bytes: 16 },
    keepsOld: true,
    locksOld: false,
    needsFinish: false,
    ...over,
  };
}

export function sampleChange(
  serviceId: string,
  edits: PlannedEdit[],
  over: Partial<PlannedChange> = {},
): PlannedChange {
  return {
    serviceId,
    serviceName: serviceId.replace(/^service-/, ""),
    stack: null,
    kind: "long-running",
    edits,
    tasks: 2,
    atATime: 1,
    runMeanwhile: 1,
    startFirst: false,
    hasHealthCheck: false,
    isSkep: false,
    leftOut: null,
    soakSeconds: 15,
    ...over,
  };
}

export function sampleRetirement(objectId: string, over: Partial<PlannedRetirement> = {}): PlannedRetirement {
  return {
    secretId: "secret-db",
    secretName: "db_password",
    versionId: "version-1",
    objectId,
    objectName: "db_password_v1",
    keepSeconds: 86_400,
    ...over,
  };
}

/** Onto the version that this operation makes. */
export function toCreated(fromObjectIds: string[], versionId = "version-2"): PlannedEdit {
  return { edit: "replace", fromObjectIds, to: { object: "created", versionId }, targets: ["db_password"] };
}
