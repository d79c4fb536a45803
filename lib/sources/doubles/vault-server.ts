import "server-only";
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Stage } from "./stage.ts";

export type VaultServer = {
  /** Of a Vault or an OpenBao that is unsealed. One with an authority of its own wants NODE_EXTRA_CA_CERTS. */
  address: string;
  /** Of somebody who may make mounts, policies and logins there. */
  token: string;
  namespace?: string | null;
  version?: 1 | 2;
};

type Ask = (method: string, path: string, body?: object) => Promise<{ status: number; data: Record<string, unknown> }>;

/** A stage on a real server: with a mount, a policy and an AppRole of its own, which `end` takes away again. */
export async function openVaultServer({ address, token, namespace = null, version = 2 }: VaultServer): Promise<Stage> {
  const name = `skep-test-${randomBytes(6).toString("hex")}`;
  const ask = askerOf(address, { token, namespace });
  const end = async () => {
    const made = [`sys/auth/${name}`, `sys/policies/acl/${name}`, `sys/mounts/${name}`];
    const ends = await Promise.allSettled(made.map((path) => ask("DELETE", path)));
    for (const each of ends) if (each.status === "rejected") throw each.reason;
  };
  const { roleId, secretId } = await prepare(ask, name, version).catch(async (error: unknown) => {
    await end().catch(() => null);
    throw error;
  });
  const at = (path: string) =>
    `${version === 1 ? name : `${name}/data`}/${path.split("/").map(encodeURIComponent).join("/")}`;
  return {
    settings: {
      kind: "vault",
      address,
      namespace,
      mount: name,
      login: { method: "approle", mount: name, roleId, credential: "vault-secret-id" },
      versionField: null,
      allowsPrivateAddresses: true,
      authorityFile: null,
    },
    credential: async () => secretId,
    async put(path, fields) {
      const { data } = await ask("POST", at(path), version === 1 ? fields : { data: fields });
      return version === 1 ? null : `${data.version}@${new Date(String(data.created_time)).toISOString()}`;
    },
    async remove(path) {
      await ask("DELETE", at(path));
    },
    requests: () => null,
    faults: [],
    end,
  };
}

async function prepare(ask: Ask, name: string, version: 1 | 2): Promise<{ roleId: string; secretId: string }> {
  await ask("POST", `sys/mounts/${name}`, { type: "kv", options: { version: String(version) } });
  const capabilities = ["create", "read", "update", "delete", "list"];
  const policy = JSON.stringify({ path: { [`${name}/*`]: { capabilities } } });
  await ask("POST", `sys/policies/acl/${name}`, { policy });
  await ask("POST", `sys/auth/${name}`, { type: "approle" });
  await ask("POST", `auth/${name}/role/skep`, { token_policies: [name], token_ttl: 1200, token_max_ttl: 3600 });
  const { role_id: roleId } = (await ask("GET", `auth/${name}/role/skep/role-id`)).data;
  const { secret_id: secretId } = (await ask("POST", `auth/${name}/role/skep/secret-id`, {})).data;
  if (version === 2) await untilReady(ask, name);
  return { roleId: String(roleId), secretId: String(secretId) };
}

/** A new mount of version 2 refuses everything for a moment, while it prepares itself. */
async function untilReady(ask: Ask, name: string): Promise<void> {
  for (let times = 0; times < 50; times += 1) {
    const isReady = await ask("GET", `${name}/config`).then(
      () => true,
      () => false,
    );
    if (isReady) return;
    await sleep(200);
  }
  throw new Error("The mount of the test did not get ready in ten seconds.");
}

/** Fails where the server refuses, with what was asked and its status. */
function askerOf(address: string, { token, namespace }: { token: string; namespace: string | null }): Ask {
  const headers: Record<string, string> = { "x-vault-request": "true", "x-vault-token": token };
  if (namespace !== null) headers["x-vault-namespace"] = namespace;
  return async (method, path, body) => {
    const url = `${address.replace(/\/+$/, "")}/v1/${path}`;
    const response = await fetch(url, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered with ${response.status}.`);
    const { data } = (text === "" ? {} : JSON.parse(text)) as { data?: Record<string, unknown> | null };
    return { status: response.status, data: data ?? {} };
  };
}
