import "server-only";
import { SourceFailure } from "./failure.ts";
import { memberOf } from "./json.ts";
import { sharedWork } from "./shared-work.ts";
import { type Access, mountPath } from "./vault-access.ts";
import type { Vault } from "./vault-request.ts";

export type KvVersion = 1 | 2;

/** What a mount is: asked once, and again after `forget`. */
export type Mount = { version(signal: AbortSignal): Promise<KvVersion>; forget(): void };

export function mountAt(vault: Vault, access: Access): Mount {
  const work = sharedWork<KvVersion>(vault.surroundings.name);
  let known: KvVersion | null = null;
  return {
    async version(signal) {
      known ??= await work.do(signal, (own) => versionOf(vault, access, own));
      return known;
    },
    forget() {
      known = null;
    },
  };
}

/** Vault answers 403 for a mount that is not there, so that nobody finds out which are (`/sys/internal/ui/mounts`). */
async function versionOf(vault: Vault, access: Access, signal: AbortSignal): Promise<KvVersion> {
  const { mount } = vault.settings;
  const { name } = vault.surroundings;
  const { status, json } = await access({ path: mountPath(vault) }, signal);
  if (status === 403 || status === 404) {
    throw new SourceFailure("forbidden", name, {
      sentence: `${name} has no mount ${mount}, or its policy lets Skep's login do nothing in it. Correct the mount, or extend the policy.`,
    });
  }
  const data = memberOf(json, "data");
  const path = memberOf(data, "path");
  const type = memberOf(data, "type");
  if (typeof path !== "string" || typeof type !== "string") throw new SourceFailure("broken-answer", name);
  if (path !== `${mount}/` && !path.endsWith(`/${mount}/`)) {
    throw new SourceFailure("not-found", name, {
      sentence: `${mount} is a path within a mount of ${name}, not a mount. Give the mount alone, and the rest with each secret.`,
    });
  }
  if (type !== "kv" && type !== "generic") {
    throw new SourceFailure("not-found", name, {
      sentence: `The mount ${mount} of ${name} holds no KV secrets. Give one that does.`,
    });
  }
  return memberOf(memberOf(data, "options"), "version") === "2" ? 2 : 1;
}
