import "server-only";
import { SourceFailure } from "./failure.ts";
import { memberOf, textOf } from "./json.ts";
import type { SourceVersion } from "./schema.ts";
import { overtaken } from "./sealed-ids.ts";
import type { Access } from "./vault-access.ts";
import { forbidden } from "./vault-failure.ts";
import { isObject, type Kv } from "./vault-kv.ts";
import type { Vault } from "./vault-request.ts";
import { formerIdOf, isSameKvVersion, kvVersionId, kvVersionOf } from "./vault-version.ts";

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
      const asked = versionId === null ? null : kvVersionOf(versionId);
      // 0 would be the present one.
      if (versionId !== null && asked === null) throw new SourceFailure("not-found", name);
      const query: Record<string, string> = asked === null ? {} : { version: asked.number };
      const { status, json } = await access({ path: `${vault.mount}/data/${encoded}`, query }, signal);
      const data = memberOf(json, "data");
      const metadata = memberOf(data, "metadata");
      if (status === 404) throw goneFailure(name, plain, metadata);
      if (status === 403) throw forbidden(name, `read ${plain}`, "read", `${mount}/data/${plain}`);
      const fields = memberOf(data, "data");
      const number = textOf(memberOf(metadata, "version"));
      if (!isObject(fields) || number === null || !isNumbered(number)) throw new SourceFailure("broken-answer", name);
      if (asked !== null && number !== asked.number) throw new SourceFailure("broken-answer", name);
      const read = { number, writtenAt: timeOf(memberOf(metadata, "created_time")) };
      if (asked !== null && !isSameKvVersion(asked, read)) throw overtaken(name);
      return { versionId: kvVersionId(read), payload: { has: "fields", fields } };
    },
  };
}

/**
 * The versions after this one; itself once more where it is the last and was deleted, or was kept without its time; the
 * present one where it is not known, as after the secret was made anew.
 */
function versionsSince(versions: SourceVersion[], since: string | null): SourceVersion[] {
  const last = versions.slice(-1);
  const known = since === null ? null : kvVersionOf(since);
  if (known === null) return last;
  const after = ({ id }: SourceVersion) => Number(kvVersionOf(id)?.number) - Number(known.number);
  const same = versions.find((version) => after(version) === 0);
  const isThere = same ? isSameKvVersion(known, kvVersionOf(same.id) ?? known) : last.some((each) => after(each) > 0);
  if (!isThere) return last;
  const later = versions.filter((version) => after(version) > 0);
  return later.length > 0 ? later : last.filter(({ id, state }) => formerIdOf(id) === since || state === "deleted");
}

/** All that the metadata of a secret tells of, the oldest first; null where it is none. The last one is the present one, deleted or not. */
function versionsIn(data: unknown, now: Date): SourceVersion[] | null {
  const versions = memberOf(data, "versions");
  const current = textOf(memberOf(data, "current_version"));
  if (!isObject(versions) || current === null) return null;
  const labels = labelsIn(memberOf(data, "custom_metadata"));
  const numbers = Object.keys(versions).sort((one, other) => Number(one) - Number(other));
  if (!numbers.every(isNumbered) || (numbers.at(-1) ?? "0") !== current) return null;
  return numbers.map((number) => {
    const version = versions[number];
    const createdAt = timeOf(memberOf(version, "created_time"));
    const state = isDeleted(version, now) ? "deleted" : "there";
    return { id: kvVersionId({ number, writtenAt: createdAt }), createdAt, state, ...(labels ? { labels } : {}) };
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
  if (version === null || !isNumbered(version)) return new SourceFailure("not-found", name);
  const sentence =
    memberOf(metadata, "destroyed") === true
      ? `Version ${version} of ${path} was destroyed at ${name}, for good. Write a new version there.`
      : `Version ${version} of ${path} was deleted at ${name}. Undelete it there, or write a new version.`;
  return new SourceFailure("not-found", name, { sentence });
}

function isNumbered(text: string): boolean {
  return kvVersionOf(text)?.writtenAt === null;
}

function timeOf(text: unknown): string | null {
  const time = typeof text === "string" ? new Date(text) : null;
  return time && Number.isFinite(time.getTime()) ? time.toISOString() : null;
}
