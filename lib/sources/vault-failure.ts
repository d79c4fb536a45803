import "server-only";
import { retryAfterSeconds, SourceFailure } from "./failure.ts";
import { memberOf } from "./json.ts";
import type { VaultSettings } from "./vault-request.ts";

/**
 * What a status means wherever Vault gives it (API documentation, "HTTP status codes" and `/sys/health`). Null for those
 * that mean something only together with what was asked: success, 400, 403 and 404.
 */
export function failureOfStatus(
  name: string,
  { status, retryAfter }: { status: number; retryAfter: string | undefined },
  now: Date,
): SourceFailure | null {
  if (status === 200 || status === 204 || status === 400 || status === 403 || status === 404) return null;
  const own = ownWords[status];
  if (own) return new SourceFailure(own.reason, name, { sentence: own.sentence(name), pauseSeconds: own.pauseSeconds });
  const pauseSeconds = retryAfterSeconds(retryAfter, now);
  if (status === 307 || status === 308) return new SourceFailure("standby", name);
  if (status === 429) return new SourceFailure("throttled", name, { pauseSeconds });
  return new SourceFailure(status >= 500 ? "failing" : "broken-answer", name, {
    pauseSeconds: status >= 500 ? pauseSeconds : null,
  });
}

const ownWords: Record<
  number,
  { reason: "failing" | "sealed" | "standby"; pauseSeconds?: number; sentence(name: string): string }
> = {
  412: {
    reason: "failing",
    pauseSeconds: 2,
    sentence: (name) => `${name} has not caught up with its own cluster yet. Skep asks again in a moment.`,
  },
  472: {
    reason: "standby",
    sentence: (name) =>
      `${name} stands by for a disaster and answers nothing until then. Give the address of the primary cluster.`,
  },
  474: {
    reason: "standby",
    sentence: (name) =>
      `${name} is a standby node that does not reach the active one. Look at its cluster, or give the address of the active node.`,
  },
  501: { reason: "sealed", sentence: notInitialised },
  530: {
    reason: "failing",
    sentence: (name) => `${name} is a node that was taken out of its cluster. Give the address of another node.`,
  },
};

function notInitialised(name: string): string {
  return `${name} has not been initialised. Initialise and unseal it; Skep asks again by itself.`;
}

export type Seal = { isSealed: boolean; isInitialised: boolean };

/** What `/sys/seal-status` and `/sys/health` say alike; null where nothing is said of it. */
export function sealIn(json: unknown): Seal | null {
  const sealed = memberOf(json, "sealed");
  if (typeof sealed !== "boolean") return null;
  return { isSealed: sealed, isInitialised: memberOf(json, "initialized") !== false };
}

/** What 503 means. Many things answer so beside a sealed Vault. */
export function unavailable(name: string, { namespace }: VaultSettings, seal: Seal | null): SourceFailure {
  if (seal?.isInitialised === false) return new SourceFailure("sealed", name, { sentence: notInitialised(name) });
  if (seal?.isSealed) return new SourceFailure("sealed", name);
  const ofNamespace = namespace === null ? "" : `, or its namespace ${namespace} sealed or locked`;
  return new SourceFailure("failing", name, {
    sentence: `${name} serves nothing at the moment. Look whether it is down for maintenance${ofNamespace}; Skep asks again by itself.`,
  });
}

/** Vault takes the login no more: in words that name what is to be renewed. */
export function signInFailure(
  name: string,
  { login }: VaultSettings,
  what: "refused" | "incomplete" = "refused",
): SourceFailure {
  if (what === "incomplete") {
    return new SourceFailure("sign-in", name, {
      sentence: `${name} asks for more than this login, such as a second factor, or wraps its answer. Give Skep a login without that.`,
    });
  }
  const { credential } = login;
  if (login.method === "token") {
    return new SourceFailure("sign-in", name, {
      sentence: `${name} does not take the token in the credential ${credential}. Put a valid one into its file.`,
    });
  }
  const [method, parts] =
    login.method === "approle" ? ["AppRole", "role ID and the secret ID"] : ["JWT", `role ${login.role} and the token`];
  return new SourceFailure("sign-in", name, {
    sentence: `${name} does not take the ${method} login at auth/${login.mount}. Look at the ${parts} in the credential ${credential}.`,
  });
}

/** The login is taken, and its policy does not let it do this. */
export function forbidden(name: string, what: string, right: "read" | "list", path: string): SourceFailure {
  return new SourceFailure("forbidden", name, {
    sentence: `${name} does not let Skep's login ${what}. Give its policy the right ${right} on ${path}.`,
  });
}
