import "server-only";
import {
  type Fields,
  hasObject,
  objectAt,
  objectsAt,
  requireFields,
  requireList,
  requireNumber,
  requireText,
  textAt,
  textMapAt,
} from "./fields.ts";
import type { SecretObject, VolumeObject } from "./schema.ts";

export function readSecrets(answer: unknown): SecretObject[] {
  return requireList(answer).map(readSecret);
}

export function readSecret(fields: Fields): SecretObject {
  const spec = requireFields(fields.Spec);
  return {
    id: requireText(fields, "ID"),
    name: requireText(spec, "Name"),
    createdAt: textAt(fields, "CreatedAt"),
    versionIndex: requireNumber(objectAt(fields, "Version"), "Index"),
    labels: textMapAt(spec, "Labels"),
    driver: textAt(objectAt(spec, "Driver"), "Name") || null,
    templating: textAt(objectAt(spec, "Templating"), "Name") || null,
  };
}

/** Volumes name secrets by ID or by name; only cluster volumes do, so most engines have none to read. */
export function readVolumes(answer: unknown): VolumeObject[] {
  const volumes = requireFields(answer).Volumes;
  return requireList(volumes ?? []).map((fields) => {
    const cluster = objectAt(fields, "ClusterVolume");
    return {
      id: textAt(cluster, "ID") || textAt(fields, "Name"),
      name: textAt(fields, "Name"),
      secretObjectIds: hasObject(cluster, "Spec")
        ? objectsAt(objectAt(cluster, "Spec"), "Secrets").flatMap((secret) => textAt(secret, "Secret") || [])
        : [],
    };
  });
}
