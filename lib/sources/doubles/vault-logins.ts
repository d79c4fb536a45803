import "server-only";
import { randomUUID } from "node:crypto";
import { answered, done, numberOf, type Question, type Reply, refused } from "./vault-reply.ts";
import type { Terms, Tokens } from "./vault-tokens.ts";

type Role = { id: string; policies: string[]; terms: Terms; credentials: Set<string> };

/** Where logins are made: AppRole by a role ID and a secret ID, JWT by a role and a token that somebody else signed. */
export class LoginMount {
  readonly #type: "approle" | "jwt";
  readonly #roles = new Map<string, Role>();
  readonly #tokens: Tokens;

  constructor(type: "approle" | "jwt", tokens: Tokens) {
    this.#type = type;
    this.#tokens = tokens;
  }

  setRole(name: string, policies: string[], terms: Terms): Role {
    const role = { id: randomUUID(), policies, terms, credentials: new Set<string>() };
    this.#roles.set(name, role);
    return role;
  }

  /** Vault answers 400 for every login that it does not take. */
  login({ body }: Question): Reply {
    const [name, role] = this.#roleIn(body) ?? [];
    const credential = String(this.#type === "approle" ? body.secret_id : body.jwt);
    if (name === undefined || !role?.credentials.has(credential))
      return refused(400, `invalid credential ${credential}`);
    const metadata: Record<string, string> = this.#type === "approle" ? { role_name: name } : { role: name };
    const token = this.#tokens.issue(["default", ...role.policies], role.terms, metadata);
    return answered(null, { auth: this.#tokens.authOf(token) });
  }

  /** What an administrator asks below `role/`. */
  administer(name: string, part: string, { method, body }: Question): Reply {
    if (method === "POST" && part === "") {
      const leaseSeconds = numberOf(body.token_ttl, 1200);
      this.setRole(name, Array.isArray(body.token_policies) ? body.token_policies.map(String) : [], { leaseSeconds });
      return done;
    }
    const role = this.#roles.get(name);
    if (!role) return refused(404);
    if (part === "role-id") return answered({ role_id: role.id });
    if (part !== "secret-id" || method !== "POST") return refused(405, "unsupported operation");
    const secretId = randomUUID();
    role.credentials.add(secretId);
    return answered({ secret_id: secretId, secret_id_accessor: randomUUID(), secret_id_ttl: 0, secret_id_num_uses: 0 });
  }

  #roleIn(body: Question["body"]): [string, Role] | undefined {
    return [...this.#roles].find(([name, { id }]) =>
      this.#type === "approle" ? id === body.role_id : name === body.role,
    );
  }
}
