import "server-only";
import { type Fields, hasObject, numberAt, objectAt, objectsAt, textAt } from "./fields.ts";
import type { SecretReference } from "./schema.ts";

/** Where a service's spec keeps its mounts of secrets, in Docker's order. */
export function readReferences(spec: Fields): SecretReference[] {
  return objectsAt(containerOf(spec), "Secrets").filter(isReference).map(readReference);
}

export function containerOf(spec: Fields): Fields {
  return objectAt(objectAt(spec, "TaskTemplate"), "ContainerSpec");
}

export function readReference(fields: Fields): SecretReference {
  const file = objectAt(fields, "File");
  return {
    objectId: textAt(fields, "SecretID"),
    objectName: textAt(fields, "SecretName"),
    target: hasObject(fields, "File") ? textAt(file, "Name") : textAt(fields, "SecretName"),
    uid: textAt(file, "UID") || "0",
    gid: textAt(file, "GID") || "0",
    mode: numberAt(file, "Mode"),
  };
}

/** Future kinds of mounts without an ID are none that Skep may move. */
export function isReference(fields: Fields): boolean {
  return textAt(fields, "SecretID") !== "";
}
