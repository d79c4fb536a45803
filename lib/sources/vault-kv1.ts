import "server-only";
import { SourceFailure } from "./failure.ts";
import { isNumber, memberOf, textOf } from "./json.ts";
import type { Access } from "./vault-access.ts";
import { forbidden } from "./vault-failure.ts";
import { isObject, type Kv } from "./vault-kv.ts";
import type { VaultPath } from "./vault-path.ts";
import type { Vault } from "./vault-request.ts";

/** Version 1 of the KV engine: fields without versions. One of them may stand for a version. */
export function kv1(vault: Vault, access: Access): Kv {
  const { name } = vault.surroundings;
  const { mount, versionField } = vault.settings;

  async function read({ plain, encoded }: VaultPath, signal: AbortSignal) {
    const { status, json } = await access({ path: `${vault.mount}/${encoded}` }, signal);
    if (status === 404) throw new SourceFailure("not-found", name);
    if (status === 403) throw forbidden(name, `read ${plain}`, "read", `${mount}/${plain}`);
    const fields = memberOf(json, "data");
    if (!isObject(fields)) throw new SourceFailure("broken-answer", name);
    return { fields, id: versionField === null ? null : versionIn(fields, versionField) };
  }

  return {
    listedAt: "",
    async versions(at, since, signal) {
      if (versionField === null) return [];
      const { id } = await read(at, signal);
      if (id === null) throw noVersion(name, versionField);
      return id === since ? [] : [{ id, sealAs: id, createdAt: null, state: "there" }];
    },
    async fetch(at, versionId, signal) {
      const { fields, id } = await read(at, signal);
      if (versionId !== null && versionId !== id) throw new SourceFailure("not-found", name);
      return { versionId: id, sealAs: id ?? undefined, payload: { has: "fields", fields } };
    },
  };
}

/** A short text or a number: what is more than that, or is long, holds a value by mistake. */
function versionIn(fields: Record<string, unknown>, versionField: string): string | null {
  const found = memberOf(fields, versionField);
  const id = typeof found === "string" || isNumber(found) ? textOf(found) : null;
  return id !== null && id !== "" && id.length <= 64 ? id : null;
}

function noVersion(name: string, versionField: string): SourceFailure {
  return new SourceFailure("no-value", name, {
    sentence: `The field ${versionField} at ${name} is missing, empty, no text or number, or too long to be a version. Correct it there, or name another field in the source's settings.`,
  });
}
