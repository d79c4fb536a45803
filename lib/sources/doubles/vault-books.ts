import "server-only";
import { type Engine, plainEngine, versionedEngine } from "./vault-engines.ts";
import { LoginMount } from "./vault-logins.ts";
import { answered, type Capability, done, type Question, type Reply, refused } from "./vault-reply.ts";
import { type Rules, type Token, Tokens } from "./vault-tokens.ts";

/** One namespace of a Vault, with what is in it: mounts, logins, tokens and policies. */
export class VaultBooks {
  readonly tokens: Tokens;
  readonly mounts = new Map<string, Engine>();
  readonly logins = new Map<string, LoginMount>();
  readonly #namespace: string | null;
  readonly #now: () => Date;

  constructor(namespace: string | null, now: () => Date) {
    this.tokens = new Tokens(now);
    this.#namespace = namespace;
    this.#now = now;
  }

  answer(question: Question): Reply {
    const { path, headers, method } = question;
    if (headers["x-vault-request"] !== "true") return refused(412, "missing 'X-Vault-Request' header");
    if ((headers["x-vault-namespace"]?.replace(/\/$/, "") ?? null) !== this.#namespace) return denied;
    const [, mount = ""] = /^auth\/(.+)\/login$/.exec(path) ?? [];
    const login = this.logins.get(mount);
    if (login && method === "POST") return login.login(question);
    const token = this.tokens.find(headers["x-vault-token"]);
    return token ? this.#answerTo(token, question) : denied;
  }

  addMount(path: string, version: "1" | "2"): Engine {
    const engine = version === "1" ? plainEngine() : versionedEngine(this.#now);
    this.mounts.set(path, engine);
    return engine;
  }

  /** Vault lists what is below a folder for whoever may list it with or without the slash. */
  #answerTo(token: Token, question: Question): Reply {
    const { path } = question;
    const preflight = /^sys\/internal\/ui\/mounts\/(.+)$/.exec(path);
    if (preflight) return this.#preflight(token, preflight[1] ?? "");
    const paths =
      question.query.get("list") === "true" ? [path, path.replace(/\/$/, ""), `${path.replace(/\/$/, "")}/`] : [path];
    const needed = neededFor(question);
    if (!paths.some((each) => this.tokens.allows(token, each, needed))) return denied;
    if (/^auth\/token\/[a-z]+-self$/.test(path)) return this.tokens.answer(path, token);
    const mount = this.#mountOf(path);
    if (mount) return this.mounts.get(mount)?.answer(path.slice(mount.length + 1), question) ?? refused(404);
    return this.#administer(question);
  }

  /** Vault says of a mount that is not there what it says of one that the token may not enter. */
  #preflight(token: Token, path: string): Reply {
    const mount = this.#mountOf(path);
    const engine = this.mounts.get(mount ?? "");
    if (!mount || !engine || !this.tokens.mayEnter(token, mount)) return denied;
    const options = engine.version === "2" ? { version: "2" } : null;
    return answered({ accessor: "kv_1", description: "", options, path: `${mount}/`, type: engine.type, local: false });
  }

  #mountOf(path: string): string | undefined {
    const within = [...this.mounts.keys()].filter((mount) => `${path}/`.startsWith(`${mount}/`));
    return within.sort((one, other) => other.length - one.length)[0];
  }

  #administer(question: Question): Reply {
    const { path, method, body } = question;
    const [, area = "", name = ""] = /^(sys\/mounts|sys\/auth|sys\/policies\/acl|auth)\/(.+)$/.exec(path) ?? [];
    if (area === "auth") {
      const [, mount = "", role = "", part = ""] = /^(.+?)\/role\/([^/]+)\/?(.*)$/.exec(name) ?? [];
      return this.logins.get(mount)?.administer(role, part, question) ?? unsupported;
    }
    if (area === "sys/policies/acl") return this.#policy(name, question);
    if (area === "sys/mounts" && method === "DELETE") this.mounts.delete(name);
    else if (area === "sys/mounts") this.addMount(name, versionIn(body));
    else if (area === "sys/auth" && method === "DELETE") this.logins.delete(name);
    else if (area === "sys/auth")
      this.logins.set(name, new LoginMount(body.type === "jwt" ? "jwt" : "approle", this.tokens));
    else return unsupported;
    return done;
  }

  /** Of the two languages of policies, HCL and JSON, the double reads the second. */
  #policy(name: string, { method, body }: Question): Reply {
    if (method === "DELETE") {
      this.tokens.policies.delete(name);
      return done;
    }
    const { path } = JSON.parse(String(body.policy)) as { path: Record<string, { capabilities: Capability[] }> };
    const rules: Rules = Object.fromEntries(
      Object.entries(path).map(([each, { capabilities }]) => [each, capabilities]),
    );
    this.tokens.policies.set(name, rules);
    return done;
  }
}

const denied = refused(403, "1 error occurred:\n\t* permission denied\n\n");
const unsupported = refused(404, "unsupported path");

function neededFor({ method, query }: Question): Capability[] {
  if (query.get("list") === "true") return ["list"];
  if (method === "GET") return ["read"];
  return method === "DELETE" ? ["delete"] : ["create", "update"];
}

function versionIn({ options }: Question["body"]): "1" | "2" {
  return String((options as { version?: unknown } | undefined)?.version) === "2" ? "2" : "1";
}
