import "server-only";
import type { Adapter, ToldVersion } from "./contract.ts";
import { SourceFailure } from "./failure.ts";
import { isNumber, memberOf } from "./json.ts";
import type { SourceListing } from "./schema.ts";
import type { Access } from "./vault-access.ts";
import { forbidden } from "./vault-failure.ts";
import type { VaultPath } from "./vault-path.ts";
import type { Vault } from "./vault-request.ts";

type Fetched = Awaited<ReturnType<Adapter["fetch"]>>;

/** What either version of the KV engine can be asked. */
export type Kv = {
  /** Below the mount, where folders are listed: empty, or with a slash at its end. */
  listedAt: string;
  versions(at: VaultPath, since: string | null, signal: AbortSignal): Promise<ToldVersion[]>;
  fetch(at: VaultPath, versionId: string | null, signal: AbortSignal): Promise<Fetched>;
};

/** How many names are in a page. */
export const pageSize = 500;

/**
 * The names in a folder. Vault gives all of them at once: a page is the ones that come after the last of the page before.
 * GET with `list=true` is what Vault also takes for LIST, a method that not everything between here and there lets through.
 */
export async function list(
  { vault, access, kv }: { vault: Vault; access: Access; kv: Kv },
  { folder, page = "", signal }: { folder: VaultPath; page?: string; signal: AbortSignal },
): Promise<SourceListing> {
  const { name } = vault.surroundings;
  const { mount } = vault.settings;
  const path = `${vault.mount}/${kv.listedAt}${folder.encoded}`;
  const { status, json } = await access({ path, query: { list: "true" } }, signal);
  if (status === 404) return { names: [], next: null };
  if (status === 403)
    throw forbidden(name, `list ${folder.plain || "its secrets"}`, "list", `${mount}/${kv.listedAt}${folder.plain}`);
  const keys = memberOf(memberOf(json, "data"), "keys");
  if (!isListOfNames(keys)) throw new SourceFailure("broken-answer", name);
  const names = keys.filter((key) => key > page).sort();
  return { names: names.slice(0, pageSize), next: names.length > pageSize ? (names[pageSize - 1] ?? null) : null };
}

function isListOfNames(keys: unknown): keys is string[] {
  return Array.isArray(keys) && keys.every((key) => typeof key === "string");
}

export function isObject(json: unknown): json is Record<string, unknown> {
  return typeof json === "object" && json !== null && !Array.isArray(json) && !isNumber(json);
}
