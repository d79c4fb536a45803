import "server-only";
import { signInFailure } from "./vault-failure.ts";
import type { Login } from "./vault-lease.ts";
import type { Logins } from "./vault-login.ts";
import type { Vault, VaultAnswer, VaultRequest } from "./vault-request.ts";

/** Asks as Skep. Answers success, 400, 404, and 403 where it is the policy that forbids. */
export type Access = (request: VaultRequest, signal: AbortSignal) => Promise<VaultAnswer>;

/** A login that has ended looks like one that is forbidden: 403 both. It is told apart, and made once more. */
export function accessTo(vault: Vault, logins: Logins): Access {
  const { name } = vault.surroundings;
  return async (request, signal) => {
    const login = await logins.present(signal);
    const answer = await vault.ask({ ...request, token: login.token }, signal);
    if (answer.status !== 403 || (await isTaken(vault, login, signal))) return answer;
    const fresh = await logins.afresh(login, signal);
    if (fresh.token === login.token) throw signInFailure(name, vault.settings);
    const again = await vault.ask({ ...request, token: fresh.token }, signal);
    if (again.status !== 403 || fresh.isOwn || (await isTaken(vault, fresh, signal))) return again;
    throw signInFailure(name, vault.settings);
  };
}

/** It may look at itself, or at the mount: a token of an outer namespace, or without the policy `default`, may only do the latter. */
async function isTaken(vault: Vault, { token }: Login, signal: AbortSignal): Promise<boolean> {
  for (const path of ["auth/token/lookup-self", mountPath(vault)]) {
    const { status } = await vault.ask({ path, token }, signal);
    if (status === 200) return true;
  }
  return false;
}

/** Where Vault tells what a mount is, to everybody who may do anything in it. */
export function mountPath({ mount }: Vault): string {
  return `sys/internal/ui/mounts/${mount}`;
}
