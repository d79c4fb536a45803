import "server-only";
import { operationLabel, versionLabel } from "#lib/swarm/labels.ts";
import type { SecretObject } from "#lib/swarm/schema.ts";
import type { Operation } from "./ledger.ts";
import type { PlannedVersion } from "./schema.ts";

/** R2: made by this operation, for this version of its plan. */
export function isOwnObject(
  labels: SecretObject["labels"],
  { id }: Pick<Operation, "id">,
  { versionId }: PlannedVersion,
): boolean {
  return labels[operationLabel] === id && labels[versionLabel] === versionId;
}

/** The object's name with another number than the plan's, where that is taken. */
export function nameOfNumber(version: PlannedVersion, number: number): string {
  return number === version.number ? version.objectName : `${prefixOf(version)}${number}`;
}

/** The highest number that an object of this secret's names has, or the plan's own. Names differ without regard to case. */
export function highestNumber(version: PlannedVersion, objects: readonly SecretObject[]): number {
  const prefix = prefixOf(version).toLowerCase();
  const numbers = objects.flatMap(({ name }) => {
    const digits = name.toLowerCase().startsWith(prefix) ? name.slice(prefix.length) : "";
    return /^\d{1,9}$/.test(digits) ? [Number(digits)] : [];
  });
  return Math.max(version.number, ...numbers);
}

function prefixOf({ objectName, number }: PlannedVersion): string {
  return objectName.endsWith(String(number)) ? objectName.slice(0, -String(number).length) : `${objectName}_v`;
}
