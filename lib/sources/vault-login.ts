import "server-only";
import { isSourceFailure } from "./failure.ts";
import { memberOf } from "./json.ts";
import { sharedWork } from "./shared-work.ts";
import { signInFailure } from "./vault-failure.ts";
import { type Login, leaseOf, loginFromAuth, loginFromFile } from "./vault-lease.ts";
import { encodedPath } from "./vault-path.ts";
import type { Vault } from "./vault-request.ts";

export type Logins = {
  /** The login that there is: made, renewed when two thirds of its lease have passed, made again after its end. */
  present(signal: AbortSignal): Promise<Login>;
  /** One in place of a login that was refused; the same token again where its file has no other. */
  afresh(refused: Login, signal: AbortSignal): Promise<Login>;
  /** Gives back what Skep itself was given. A token from a file belongs to whoever put it there. */
  close(): Promise<void>;
};

/** Skep stops without waiting for a Vault that hangs: a token that was not given back ends by itself. */
const closingSeconds = 3;

/** The logins at one Vault. However many calls want one, it is asked for once. */
export function loginsAt(vault: Vault): Logins {
  const work = sharedWork<Login>(vault.surroundings.name);
  let held: Login | null = null;

  function bring(signal: AbortSignal, make: (signal: AbortSignal) => Promise<Login>): Promise<Login> {
    return work.do(signal, async (own) => {
      held = await make(own);
      return held;
    });
  }

  return {
    async present(signal) {
      const login = held;
      const now = vault.surroundings.now().getTime();
      if (!login || now >= login.endsAt) return bring(signal, (own) => signIn(vault, own));
      if (login.isRenewable && now >= login.renewAt) return bring(signal, (own) => renewed(vault, login, own));
      return login;
    },
    async afresh(refused, signal) {
      if (held && held.token !== refused.token) return held;
      held = null;
      return bring(signal, (own) => signIn(vault, own));
    },
    async close() {
      const signal = AbortSignal.timeout(closingSeconds * 1000);
      await work.rest(signal);
      if (held?.isOwn) await revoke(vault, held, signal);
      held = null;
    },
  };
}

async function signIn(vault: Vault, signal: AbortSignal): Promise<Login> {
  const { settings, surroundings } = vault;
  const { login } = settings;
  const credential = await surroundings.credential(login.credential);
  if (login.method === "token") return signInByToken(vault, credential.trim(), signal);
  const body: Record<string, string> =
    login.method === "approle"
      ? { role_id: login.roleId, secret_id: credential }
      : { role: login.role, jwt: credential.trim() };
  const { status, json } = await vault.ask({ path: `auth/${encodedPath(login.mount, "mount")}/login`, body }, signal);
  if (status !== 200) throw signInFailure(surroundings.name, settings);
  const auth = memberOf(json, "auth");
  const token = memberOf(auth, "client_token");
  if (typeof token !== "string" || !fitsHeader(token)) throw signInFailure(surroundings.name, settings, "incomplete");
  return loginFromAuth(token, auth, { login, now: surroundings.now() });
}

/** A token whose policies do not let it look at itself may be a good one all the same. */
async function signInByToken(vault: Vault, token: string, signal: AbortSignal): Promise<Login> {
  const { settings, surroundings } = vault;
  if (!fitsHeader(token)) throw signInFailure(surroundings.name, settings);
  const { status, json } = await vault.ask({ path: "auth/token/lookup-self", token }, signal);
  return loginFromFile(token, status === 200 ? memberOf(json, "data") : undefined, surroundings.now());
}

function fitsHeader(token: string): boolean {
  return /^[\x21-\x7e]{1,4096}$/.test(token);
}

/** What can be renewed no more is used to its end. */
async function renewed(vault: Vault, login: Login, signal: AbortSignal): Promise<Login> {
  const now = vault.surroundings.now();
  try {
    const { status, json } = await vault.ask({ path: "auth/token/renew-self", token: login.token, body: {} }, signal);
    if (status !== 200) return { ...login, isRenewable: false };
    const { endsAt, renewAt, isRenewable } = leaseOf(memberOf(json, "auth"), now);
    // Near the longest life that a token may have, renewing adds nothing.
    return { ...login, endsAt, renewAt, isRenewable: isRenewable && endsAt > login.endsAt + 1000 };
  } catch (error) {
    // Where Vault reads and cannot write, as a standby without its active node, the token is still good.
    if (isSourceFailure(error)) return { ...login, renewAt: now.getTime() + error.pauseSeconds * 1000 };
    throw error;
  }
}

async function revoke(vault: Vault, { token }: Login, signal: AbortSignal): Promise<void> {
  await vault.ask({ path: "auth/token/revoke-self", token, body: {} }, signal).catch(() => null);
}
