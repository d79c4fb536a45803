import "server-only";
import { SourceFailure } from "./failure.ts";
import { memberOf, textOf } from "./json.ts";
import type { SourceVersion } from "./schema.ts";
import type { Access } from "./vault-access.ts";
import { forbidden } from "./vault-failure.ts";
import { isObject, type Kv } from "./vault-kv.ts";
import type { Vault } from "./vault-request.ts";

/** Version 2 of the KV engine: versions, each of which can be deleted, undeleted and destroyed. */
export function kv2(vault: Vault, access: Access): Kv {
  const { name, now } = vault.surroundings;
  const { mount } = vault.settings;
  return {
    listedAt: "metadata/",
    async versions({ plain, encoded }, since, signal) {
      const { status, json } = await access({ path: `${vault.mount}/metadata/${encoded}` }, signal);
      if (status === 404) throw new SourceFailure("not-found", name);
      if (status === 403) throw forbidden(name, `see the versions of ${plain}`, "read", `${mount}/metadata/${plain}`);
      const versions = versionsIn(memberOf(json, "data"), now());
      if (!versions) throw new SourceFailure("broken-answer", name);
      return versionsSince(versions, since);
    },
    async fetch({ plain, encoded }, versionId, signal) {
      // 0 would be the present one.
      if (versionId !== null && !isVersion(versionId)) throw new SourceFailure("not-found", name);
      const query: Record<string, string> = versionId === null ? {} : { version: versionId };
      const { status, json } = await access({ path: `${vault.mount}/data/${encoded}`, query }, signal);
      const data = memberOf(json, "data");
      const metadata = memberOf(data, "metadata");
      if (status === 404) throw goneFailure(name, plain, metadata);
      if (status === 403) throw forbidden(name, `read ${plain}`, "read", `${mount}/data/${plain}`);
      const fields = memberOf(data, "data");
      const version = textOf(memberOf(metadata, "version"));
      if (!isObject(fields) || version === null || !isVersion(version)) throw new SourceFailure("broken-answer", name);
      if (versionId !== null && version !== versionId) throw new SourceFailure("broken-answer", name);
      return { versionId: version, payload: { has: "fields", fields } };
    },
  };
}

/** The versions after this one; itself once more where it is the last and was deleted; the present one where it is not known. */
function versionsSince(versions: SourceVersion[], since: string | null): SourceVersion[] {
  const last = versions.slice(-1);
  const isKnown = since !== null && isVersion(since) && Number(since) <= Number(last[0]?.id);
  if (!isKnown) return last;
  const later = versions.filter(({ id }) => Number(id) > Number(since));
  return later.length > 0 ? later : last.filter(({ state }) => state === "deleted");
}

/** All that the metadata of a secret tells of, the oldest first; null where it is none. The last one is the present one, deleted or not. */
function versionsIn(data: unknown, now: Date): SourceVersion[] | null {
  const versions = memberOf(data, "versions");
  const current = textOf(memberOf(data, "current_version"));
  if (!isObject(versions) || current === null) return null;
  const labels = labelsIn(memberOf(data, "custom_metadata"));
  const ids = Object.keys(versions).sort((one, other) => Number(one) - Number(other));
  if (!ids.every(isVersion) || (ids.at(-1) ?? "0") !== current) return null;
  return ids.map((id) => {
    const version = versions[id];
    const state = isDeleted(version, now) ? "deleted" : "there";
    return { id, createdAt: timeOf(memberOf(version, "created_time")), state, ...(labels ? { labels } : {}) };
  });
}

/** A time of deletion may lie ahead: `delete_version_after` sets it when the version is written. */
function isDeleted(version: unknown, now: Date): boolean {
  const deletedAt = timeOf(memberOf(version, "deletion_time"));
  return memberOf(version, "destroyed") === true || (deletedAt !== null && new Date(deletedAt) <= now);
}

/** What its owners wrote about the secret; null where they wrote nothing. */
function labelsIn(customMetadata: unknown): Record<string, string> | null {
  if (!isObject(customMetadata)) return null;
  const texts = Object.entries(customMetadata).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return texts.length > 0 ? Object.fromEntries(texts) : null;
}

/** Vault answers 404 for all three, with the version's metadata where there was one. */
function goneFailure(name: string, path: string, metadata: unknown): SourceFailure {
  const version = textOf(memberOf(metadata, "version"));
  if (version === null || !isVersion(version)) return new SourceFailure("not-found", name);
  const sentence =
    memberOf(metadata, "destroyed") === true
      ? `Version ${version} of ${path} was destroyed at ${name}, for good. Write a new version there.`
      : `Version ${version} of ${path} was deleted at ${name}. Undelete it there, or write a new version.`;
  return new SourceFailure("not-found", name, { sentence });
}

function isVersion(text: string): boolean {
  return /^[1-9]\d{0,14}$/.test(text);
}

function timeOf(text: unknown): string | null {
  const time = typeof text === "string" ? new Date(text) : null;
  return time && Number.isFinite(time.getTime()) ? time.toISOString() : null;
}
