import "server-only";
import { duration, someOf } from "#lib/words.ts";
import { memberOf, textOf } from "./json.ts";
import type { VaultLogin } from "./schema.ts";

/** Times in milliseconds; Infinity where there is no end, or none was told. */
export type Lease = { endsAt: number; renewAt: number; isRenewable: boolean };

/** A token with what is known of it. */
export type Login = Lease & {
  token: string;
  /** Whether Skep asked Vault for it, and gives it back. */
  isOwn: boolean;
  isLeaseKnown: boolean;
  /** For people, such as `AppRole skep`. */
  title: string;
  policies: string[];
};

/** Of the `auth` of a login or a renewal. */
export function leaseOf(auth: unknown, now: Date): Lease {
  const seconds = numberOf(memberOf(auth, "lease_duration"));
  return lease(seconds, seconds, { isRenewable: memberOf(auth, "renewable") === true, now });
}

/** Of the `auth` of a login. */
export function loginFromAuth(token: string, auth: unknown, { login, now }: { login: VaultLogin; now: Date }): Login {
  const policies = namesIn(memberOf(auth, "policies"));
  return { token, isOwn: true, ...leaseOf(auth, now), isLeaseKnown: true, title: titleOf(login, auth), policies };
}

/** Of what Vault says about a token that was in a file; undefined where it does not say. */
export function loginFromFile(token: string, data: unknown, now: Date): Login {
  const seconds = numberOf(memberOf(data, "ttl"));
  const whole = numberOf(memberOf(data, "period")) || numberOf(memberOf(data, "creation_ttl")) || seconds;
  const policies = [...namesIn(memberOf(data, "policies")), ...namesIn(memberOf(data, "identity_policies"))];
  const isRenewable = memberOf(data, "renewable") === true;
  const isLeaseKnown = data !== undefined;
  return {
    token,
    isOwn: false,
    ...lease(seconds, whole, { isRenewable, now }),
    isLeaseKnown,
    title: "Token",
    policies,
  };
}

/** "AppRole skep, 47 min left, policies default and skep". */
export function describeLogin({ title, policies, endsAt, isLeaseKnown }: Login, now: Date): string {
  const seconds = Math.max(0, Math.round((endsAt - now.getTime()) / 1000));
  const known = Number.isFinite(endsAt) ? `${duration(seconds)} left` : "without an end";
  const named = policies.length === 1 ? `policy ${policies[0]}` : `policies ${someOf(policies)}`;
  return [title, isLeaseKnown ? known : "its end is not told", ...(policies.length > 0 ? [named] : [])].join(", ");
}

/** To be renewed when two thirds of the whole have passed. One of 0 seconds has no end. */
function lease(seconds: number, whole: number, { isRenewable, now }: { isRenewable: boolean; now: Date }): Lease {
  const endsAt = seconds > 0 ? now.getTime() + seconds * 1000 : Number.POSITIVE_INFINITY;
  return { endsAt, renewAt: endsAt - (whole * 1000) / 3, isRenewable };
}

function titleOf(login: VaultLogin, auth: unknown): string {
  if (login.method === "jwt") return `JWT ${login.role}`;
  const [role] = namesIn([memberOf(memberOf(auth, "metadata"), "role_name")]);
  return role === undefined ? "AppRole" : `AppRole ${role}`;
}

/** What Vault answered and a person will read: names of roles and policies, and nothing that does not look like one. */
function namesIn(list: unknown): string[] {
  if (!Array.isArray(list)) return [];
  return list.filter((name) => typeof name === "string" && /^[\w.@+:/-]{1,64}$/.test(name));
}

function numberOf(json: unknown): number {
  const number = Number(textOf(json));
  return Number.isFinite(number) ? number : 0;
}
