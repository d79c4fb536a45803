import "server-only";
import { keepsOldValue } from "#lib/rotators/schema.ts";
import type { AttachmentRecord, SecretRecord } from "./records.ts";

/**
 * Why nobody can sign in with a version any more: the other side has another password for its login since, or may have,
 * where what it was sent was given up. Null where
 * nothing is known of that. Of a secret that is detached by now: as far as Skep has set passwords there.
 */
export function deadPassword({ attachment, versions }: SecretRecord, versionId: string): string | null {
  const version = versions.find(({ id }) => id === versionId);
  if (!version || version.rotatorId === null) return null;
  const there = attachment?.rotatorId === version.rotatorId ? attachment : null;
  const later = versions.filter(
    ({ rotatorId, login, number, state }) =>
      rotatorId === version.rotatorId &&
      login === version.login &&
      number > version.number &&
      !(state === "abandoned" && there && isBeside(there)),
  );
  // Of what was given up nobody knows whether the other side has taken it.
  const sure = later.find(({ state }) => state !== "abandoned");
  const by = sure ?? later[0];
  if (!by) return null;
  const whose = version.login === null ? "" : ` of ${version.login}`;
  return `The password${whose} in v${version.number} ${sure ? "was" : "may have been"} replaced at ${there?.rotatorName ?? "its rotator"} for v${by.number}${sure ? "" : ", which was given up"}. Rotate to a new one instead.`;
}

/** It takes a new value beside the old one: what was given up has replaced nothing. */
function isBeside({ settings }: AttachmentRecord): boolean {
  return settings !== null && settings.logins.length < 2 && keepsOldValue(settings);
}
