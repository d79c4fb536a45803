import "server-only";
import { keepsOldValue } from "#lib/rotators/schema.ts";
import type { AttachmentRecord, SecretRecord } from "./records.ts";

/**
 * Why a version cannot be gone back to: the other side has another password for its login since. Null where it may still
 * be taken.
 */
export function deadPassword({ attachment, versions }: SecretRecord, versionId: string): string | null {
  const version = versions.find(({ id }) => id === versionId);
  if (!attachment || !version || version.rotatorId !== attachment.rotatorId) return null;
  const later = versions.find(
    ({ rotatorId, login, number, state }) =>
      rotatorId === version.rotatorId &&
      login === version.login &&
      number > version.number &&
      !(state === "abandoned" && isBeside(attachment)),
  );
  if (!later) return null;
  const whose = version.login === null ? "" : ` of ${version.login}`;
  return `The password${whose} in v${version.number} was replaced at ${attachment.rotatorName} for v${later.number}. Rotate to a new one instead.`;
}

/** It takes a new value beside the old one: what was given up has replaced nothing. */
function isBeside({ settings }: AttachmentRecord): boolean {
  return settings !== null && settings.logins.length < 2 && keepsOldValue(settings);
}
