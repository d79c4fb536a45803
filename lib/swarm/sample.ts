import "server-only";
import type { SecretObject, SecretReference, ServiceObject, TaskObject } from "./schema.ts";
import { specFromJson } from "./spec.ts";

/** A service as Docker would tell of it, with what matters given by the caller. For tests and the gallery. */
export function sampleService(over: Partial<ServiceObject> = {}): ServiceObject {
  const name = over.name ?? "web";
  return {
    id: `service-${name}`,
    name,
    stack: null,
    createdAt: "2026-03-01T10:00:00Z",
    updatedAt: "2026-03-01T10:00:00Z",
    versionIndex: 10,
    mode: { type: "replicated", replicas: 1 },
    restartCondition: "any",
    references: [],
    previousReferences: null,
    lastUpdate: null,
    update: null,
    updatePolicy: { parallelism: 1, delaySeconds: 0, monitorSeconds: 5, failureAction: "pause", order: "stop-first" },
    image: "skep-sample:1",
    isImagePinned: false,
    user: null,
    healthCheck: null,
    environmentNames: [],
    labelKeys: [],
    tasks: { running: 1, desired: 1, completed: 0 },
    spec: specFromJson(sampleSpec(name, over.references ?? [])),
    ...over,
  };
}

export function sampleTask(over: Partial<TaskObject> = {}): TaskObject {
  return {
    id: `task-${over.slot ?? 1}-${over.createdAt ?? ""}`,
    serviceId: "service-web",
    slot: 1,
    nodeId: "node-1",
    createdAt: "2026-03-01T10:00:00Z",
    desiredState: "running",
    state: "running",
    stateAt: "2026-03-01T10:00:05Z",
    exitCode: null,
    error: null,
    secretObjectIds: [],
    ...over,
  };
}

export function sampleSecret(over: Partial<SecretObject> = {}): SecretObject {
  const name = over.name ?? "db_password_v1";
  return {
    id: `object-${name}`,
    name,
    createdAt: "2026-03-01T10:00:00Z",
    versionIndex: 5,
    labels: {},
    driver: null,
    templating: null,
    ...over,
  };
}

export function sampleReference(over: Partial<SecretReference> = {}): SecretReference {
  const objectName = over.objectName ?? "db_password_v1";
  return {
    objectId: `object-${objectName}`,
    objectName,
    target: "db_password",
    uid: "0",
    gid: "0",
    mode: 0o444,
    ...over,
  };
}

/** Docker's own JSON of a service's spec, as far as a test needs it. */
export function sampleSpec(name: string, references: readonly SecretReference[] = []): object {
  const secrets = references.map(({ objectId, objectName, target, uid, gid, mode }) => ({
    File: { Name: target, UID: uid, GID: gid, Mode: mode },
    SecretID: objectId,
    SecretName: objectName,
  }));
  return {
    Name: name,
    Labels: {},
    TaskTemplate: {
      ContainerSpec: { Image: "skep-sample:1", ...(secrets.length > 0 ? { Secrets: secrets } : {}) },
      ForceUpdate: 0,
      Runtime: "container",
    },
    Mode: { Replicated: { Replicas: 1 } },
  };
}
