import "server-only";
import type { SettingsOf, VaultLogin } from "../schema.ts";
import type { Stage } from "./stage.ts";
import { VaultBooks } from "./vault-books.ts";
import { VaultNode } from "./vault-http.ts";
import { LoginMount } from "./vault-logins.ts";
import type { Reply } from "./vault-reply.ts";
import type { Rules, Terms } from "./vault-tokens.ts";

export type VaultDouble = Stage & {
  settings: SettingsOf<"vault">;
  books: VaultBooks;
  node: VaultNode;
  /** Of a token that may do everything. */
  rootToken: string;
  /** What the files of credentials hold. */
  credentials: Record<string, string>;
  /** A question as an owner of the secrets would ask it. */
  askAsOwner(method: string, path: string, body?: Record<string, unknown>): Reply;
};

export type VaultDoubleOptions = {
  now?: () => Date;
  version?: 1 | 2;
  mount?: string;
  namespace?: string | null;
  login?: VaultLogin["method"];
  terms?: Terms;
  /** What its login may do; all that there is in the mount where not given. */
  rules?: Rules;
  versionField?: string | null;
  /** It then speaks TLS and is called `localhost`. */
  certificate?: { cert: string; key: string };
};

/** A Vault over HTTP: it checks what Vault checks, by the pages of its API documentation, and keeps everything in memory. */
export async function openVaultDouble(options: VaultDoubleOptions = {}): Promise<VaultDouble> {
  const { now = () => new Date(), version = 2, mount = "secret", namespace = null, versionField = null } = options;
  const books = new VaultBooks(namespace, now);
  books.addMount(mount, version === 1 ? "1" : "2");
  books.tokens.policies.set(
    "skep",
    options.rules ?? { [`${mount}/*`]: ["create", "read", "update", "delete", "list"] },
  );
  const credentials: Record<string, string> = {};
  const login = prepareLogin(books, options, credentials);
  const rootToken = books.tokens.issue(["root"], { leaseSeconds: 0 }).id;
  const node = new VaultNode(books, options.certificate);
  const address = await node.listen();
  const askAsOwner = ownerOf(books, rootToken, namespace);
  const at = (path: string) => (version === 1 ? `${mount}/${path}` : `${mount}/data/${path}`);
  return {
    settings: {
      kind: "vault",
      address,
      namespace,
      mount,
      login,
      versionField,
      allowsPrivateAddresses: true,
      authorityFile: null,
    },
    books,
    node,
    rootToken,
    credentials,
    askAsOwner,
    credential: async (name) => credentials[name] ?? "",
    async put(path, fields) {
      const { body } = askAsOwner("POST", at(path), version === 1 ? fields : { data: fields });
      if (version === 1) return versionField === null ? null : (fields[versionField] ?? null);
      const { version: number, created_time } = (body as { data: { version: number; created_time: string } }).data;
      return `${number}@${new Date(created_time).toISOString()}`;
    },
    async remove(path) {
      askAsOwner("DELETE", at(path));
    },
    ...(version === 1 ? { keepsOnlyLast: true, tellsOnlyLast: true } : {}),
    ...(version === 1 && versionField !== null ? { hasVersionAmongFields: true } : {}),
    requests: () => [...node.answered],
    fail(fault) {
      if (fault === null) node.recover();
      else node.fault = fault;
    },
    faults: ["sealed", "standby", "throttled", "failing", "expired-login", "forbidden", "redirect", "broken", "silent"],
    end: () => node.end(),
  };
}

/** One login of the kind that is asked for, with what its file of credentials holds. */
function prepareLogin(
  { tokens, logins }: VaultBooks,
  { login = "approle", terms = { leaseSeconds: 3600 } }: VaultDoubleOptions,
  credentials: Record<string, string>,
): VaultLogin {
  if (login === "token") {
    credentials["vault-token"] = tokens.issue(["default", "skep"], terms).id;
    return { method: "token", credential: "vault-token" };
  }
  const mount = new LoginMount(login, tokens);
  logins.set(login, mount);
  const role = mount.setRole("skep", ["skep"], terms);
  const credential = login === "approle" ? "vault-secret-id" : "vault-jwt";
  credentials[credential] = `${login}-credential-of-skep`;
  role.credentials.add(`${login}-credential-of-skep`);
  return login === "approle"
    ? { method: "approle", mount: "approle", roleId: role.id, credential }
    : { method: "jwt", mount: "jwt", role: "skep", credential };
}

function ownerOf(books: VaultBooks, token: string, namespace: string | null): VaultDouble["askAsOwner"] {
  const ofNamespace = namespace === null ? {} : { "x-vault-namespace": namespace };
  const headers = { "x-vault-request": "true", "x-vault-token": token, ...ofNamespace };
  return (method, path, body = {}) => books.answer({ method, path, query: new URLSearchParams(), headers, body });
}
