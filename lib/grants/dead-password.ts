import "server-only";
import { keepsOldValue } from "#lib/rotators/schema.ts";
import type { AttachmentRecord, SecretRecord, VersionRecord } from "./records.ts";

/** `isSure`: not where what the other side was sent was given up, since nobody knows whether it has taken that. */
export type Replaced = { number: number; isSure: boolean };

/** For which later version the other side has another password for a version's login, or may have. Null where for none. */
export function replacedFor(record: SecretRecord, versionId: string): Replaced | null {
  const { attachment, versions } = record;
  const version = versions.find(({ id }) => id === versionId);
  if (!version || version.rotatorId === null) return null;
  const isBesideIt = attachment?.rotatorId === version.rotatorId && isBeside(attachment);
  const later = versions.filter(
    (each) =>
      each.rotatorId === version.rotatorId &&
      each.login === version.login &&
      each.number > version.number &&
      // What is under way, its operation tells.
      each.state !== "pending" &&
      !(isBesideIt && wasGivenUp(each)),
  );
  const sure = later.find((each) => !wasGivenUp(each));
  const by = sure ?? later[0];
  return by ? { number: by.number, isSure: sure !== undefined } : null;
}

/**
 * Why nobody can sign in with a version any more, as far as is known. Null where nothing is known of that. Of a secret
 * that is detached by now: as far as Skep has set passwords there.
 */
export function deadPassword(record: SecretRecord, versionId: string): string | null {
  const version = record.versions.find(({ id }) => id === versionId);
  const replaced = replacedFor(record, versionId);
  if (!version || !replaced) return null;
  const { attachment } = record;
  const where = attachment?.rotatorId === version.rotatorId ? attachment.rotatorName : "its rotator";
  const whose = version.login === null ? "" : ` of ${version.login}`;
  const [was, givenUp] = replaced.isSure ? ["was", ""] : ["may have been", ", which was given up"];
  return `The password${whose} in v${version.number} ${was} replaced at ${where} for v${replaced.number}${givenUp}. Rotate to a new one instead.`;
}

/** Also once it is gone from the Swarm: it never was the current one. */
function wasGivenUp({ state, promotedAt }: VersionRecord): boolean {
  return state === "abandoned" || (state === "removed" && promotedAt === null);
}

/** It takes a new value beside the old one: what was given up has replaced nothing. */
function isBeside({ settings }: AttachmentRecord): boolean {
  return settings !== null && settings.logins.length < 2 && keepsOldValue(settings);
}
