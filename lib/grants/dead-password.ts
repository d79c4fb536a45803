import "server-only";
import { keepsOldValue } from "#lib/rotators/schema.ts";
import type { AttachmentRecord, SecretRecord } from "./records.ts";

/**
 * Why nobody can sign in with a version any more: the other side has another password for its login since. Null where
 * nothing is known of that. Of a secret that is detached by now: as far as Skep has set passwords there.
 */
export function deadPassword({ attachment, versions }: SecretRecord, versionId: string): string | null {
  const version = versions.find(({ id }) => id === versionId);
  if (!version || version.rotatorId === null) return null;
  const there = attachment?.rotatorId === version.rotatorId ? attachment : null;
  const later = versions.find(
    ({ rotatorId, login, number, state }) =>
      rotatorId === version.rotatorId &&
      login === version.login &&
      number > version.number &&
      !(state === "abandoned" && there && isBeside(there)),
  );
  if (!later) return null;
  const whose = version.login === null ? "" : ` of ${version.login}`;
  return `The password${whose} in v${version.number} was replaced at ${there?.rotatorName ?? "its rotator"} for v${later.number}. Rotate to a new one instead.`;
}

/** It takes a new value beside the old one: what was given up has replaced nothing. */
function isBeside({ settings }: AttachmentRecord): boolean {
  return settings !== null && settings.logins.length < 2 && keepsOldValue(settings);
}
