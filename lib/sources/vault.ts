import "server-only";
import { type Adapter, callTimeoutSeconds, type SourceSurroundings } from "./contract.ts";
import { isSourceFailure } from "./failure.ts";
import { memberOf } from "./json.ts";
import type { Reach } from "./reach.ts";
import { accessTo } from "./vault-access.ts";
import { check } from "./vault-check.ts";
import { type Kv, list } from "./vault-kv.ts";
import { kv1 } from "./vault-kv1.ts";
import { kv2 } from "./vault-kv2.ts";
import { loginsAt } from "./vault-login.ts";
import { mountAt } from "./vault-mount.ts";
import { folderAt, secretAt } from "./vault-path.ts";
import { type VaultSettings, vaultAt } from "./vault-request.ts";

/** HashiCorp Vault and OpenBao: one mount of the KV engine, of either version, which is found out. */
export function openVault(settings: VaultSettings, surroundings: SourceSurroundings, reach: Reach): Adapter {
  const vault = vaultAt(settings, surroundings, reach);
  const logins = loginsAt(vault);
  const access = accessTo(vault, logins);
  const mount = mountAt(vault, access);
  const engines = { 1: kv1(vault, access), 2: kv2(vault, access) };

  /** A mount can be upgraded to version 2 where it stands: what is not found is looked for anew the next time. */
  async function withKv<T>(work: (kv: Kv, signal: AbortSignal) => Promise<T>): Promise<T> {
    const signal = wholeCall();
    try {
      return await work(engines[await mount.version(signal)], signal);
    } catch (error) {
      if (isSourceFailure(error) && error.reason === "not-found") mount.forget();
      throw error;
    }
  }

  return {
    check: () => check(vault, { logins, mount }, wholeCall()),
    async browse(path, page) {
      const folder = folderAt(path);
      return withKv((kv, signal) => list({ vault, access, kv }, { folder, page, signal }));
    },
    async versions(path, since) {
      const at = secretAt(path);
      return withKv((kv, signal) => kv.versions(at, since, signal));
    },
    async fetch(path, versionId) {
      const at = secretAt(path);
      return withKv((kv, signal) => kv.fetch(at, versionId, signal));
    },
    fieldOf: memberOf,
    close: () => logins.close(),
  };
}

function wholeCall(): AbortSignal {
  return AbortSignal.timeout(callTimeoutSeconds * 1000);
}
