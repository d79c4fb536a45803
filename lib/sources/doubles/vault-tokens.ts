import "server-only";
import { randomBytes } from "node:crypto";
import { answered, type Capability, done, type Reply, refused } from "./vault-reply.ts";

/** Of policies: to each path, which may end with `*` and have `+` as a part, what may be done there. */
export type Rules = Record<string, Capability[]>;

export type Token = {
  id: string;
  policies: string[];
  /** In milliseconds; Infinity where there is no end. */
  endsAt: number;
  longestEndsAt: number;
  leaseSeconds: number;
  createdSeconds: number;
  isRenewable: boolean;
  metadata: Record<string, string>;
};

export type Terms = { leaseSeconds: number; longestSeconds?: number; isRenewable?: boolean };

/** What every token may do about itself, as long as it has the policy `default`. */
const defaultRules: Rules = {
  "auth/token/lookup-self": ["read"],
  "auth/token/renew-self": ["update"],
  "auth/token/revoke-self": ["update"],
};

/** The tokens of one Vault and what they may do (API documentation, "Token auth method"; "Policies"). */
export class Tokens {
  readonly policies = new Map<string, Rules>([["default", defaultRules]]);
  readonly #tokens = new Map<string, Token>();
  readonly #now: () => Date;

  constructor(now: () => Date) {
    this.#now = now;
  }

  issue(policies: string[], terms: Terms, metadata: Record<string, string> = {}): Token {
    const { leaseSeconds, longestSeconds = 2_764_800, isRenewable = true } = terms;
    const now = this.#now().getTime();
    const endsAt = leaseSeconds > 0 ? now + leaseSeconds * 1000 : Number.POSITIVE_INFINITY;
    const token = {
      id: `hvs.${randomBytes(18).toString("base64url")}`,
      policies,
      endsAt,
      longestEndsAt: now + longestSeconds * 1000,
      leaseSeconds,
      createdSeconds: leaseSeconds,
      isRenewable,
      metadata,
    };
    this.#tokens.set(token.id, token);
    return token;
  }

  /** The one with this text, as long as it lives. */
  find(id: string | undefined): Token | null {
    const token = this.#tokens.get(id ?? "");
    return token && this.#now().getTime() < token.endsAt ? token : null;
  }

  living(): Token[] {
    return [...this.#tokens.values()].filter(({ id }) => this.find(id) !== null);
  }

  revokeAll(): void {
    this.#tokens.clear();
  }

  /** Whether one of its policies allows this. Of the paths that fit, the longest one of each policy counts. */
  allows({ policies }: Token, path: string, capabilities: Capability[]): boolean {
    return policies.some((name) => {
      if (name === "root") return true;
      const fitting = Object.entries(this.policies.get(name) ?? {}).filter(([pattern]) => fits(pattern, path));
      const [, allowed = []] = fitting.sort(([one], [other]) => other.length - one.length)[0] ?? [];
      return capabilities.some((each) => allowed.includes(each));
    });
  }

  /** Whether it may do anything at all below a mount. */
  mayEnter({ policies }: Token, mount: string): boolean {
    return policies.some((name) => {
      if (name === "root") return true;
      return Object.keys(this.policies.get(name) ?? {}).some((pattern) => {
        const fixed = pattern.replace(/[*+].*$/, "");
        return fixed.startsWith(`${mount}/`) || (pattern !== fixed && `${mount}/`.startsWith(fixed));
      });
    });
  }

  /** `auth/token/…-self`. */
  answer(path: string, token: Token): Reply {
    if (path === "auth/token/lookup-self") return answered(this.#lookedUp(token));
    if (path === "auth/token/renew-self") return this.#renew(token);
    if (path !== "auth/token/revoke-self") return refused(404, "unsupported path");
    this.#tokens.delete(token.id);
    return done;
  }

  #renew(token: Token): Reply {
    if (!token.isRenewable) return refused(400, "lease is not renewable");
    const now = this.#now().getTime();
    token.endsAt = Math.min(now + token.leaseSeconds * 1000, token.longestEndsAt);
    return answered(null, { auth: this.authOf(token) });
  }

  /** The `auth` of a login or a renewal. */
  authOf({ id, policies, endsAt, isRenewable, metadata }: Token) {
    const left = Number.isFinite(endsAt) ? Math.max(0, Math.floor((endsAt - this.#now().getTime()) / 1000)) : 0;
    const names = { policies, token_policies: policies, metadata };
    return {
      client_token: id,
      accessor: "a",
      ...names,
      lease_duration: left,
      renewable: isRenewable,
      token_type: "service",
    };
  }

  #lookedUp(token: Token) {
    const { lease_duration: ttl } = this.authOf(token);
    const { id, policies, createdSeconds, isRenewable, metadata } = token;
    return { id, policies, ttl, creation_ttl: createdSeconds, renewable: isRenewable, meta: metadata, num_uses: 0 };
  }
}

function fits(pattern: string, path: string): boolean {
  const isGlob = pattern.endsWith("*");
  const parts = pattern.replace(/\*$/, "").split("/");
  const escaped = parts.map((part) => (part === "+" ? "[^/]+" : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")));
  return new RegExp(`^${escaped.join("/")}${isGlob ? ".*" : ""}$`, "s").test(path);
}
