import "server-only";
import type { Plan } from "#lib/operations/schema.ts";
import type { SecretRecord, VersionRecord } from "./records.ts";
import { warning } from "./warnings.ts";

/** The current version, where somebody asked for its removal: it goes as soon as nothing can need it. */
export function retiringCurrent({ versions }: Pick<SecretRecord, "versions">): VersionRecord | undefined {
  return versions.find(({ state, retireAfter }) => state === "current" && retireAfter !== null);
}

/**
 * Whoever gives the current version to a service wants it: a removal that somebody asked for before is taken back, or it
 * would take the only copy of the value with the service's last use of it, weeks later and without a question.
 */
export function takenBack(record: SecretRecord): Pick<Plan, "record" | "warnings"> {
  const version = retiringCurrent(record);
  if (!version) return { record: [], warnings: [] };
  const { id: versionId, number, objectName, retireRequestedBy } = version;
  const asked = retireRequestedBy === null ? "" : `, as ${retireRequestedBy} asked`;
  const sentence = `${objectName} was to be removed once nothing can need it${asked}. This takes that back: it stays until somebody retires it again.`;
  return {
    record: [{ record: "keep", secretId: record.id, secretName: record.name, versionId, number, objectName }],
    warnings: [warning("version-stays", sentence)],
  };
}
