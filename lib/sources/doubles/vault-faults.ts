import "server-only";
import { canary, type Fault } from "./stage.ts";
import { type Question, type Reply, refused } from "./vault-reply.ts";

/** `sys/health`, by the state of the node. */
const healthStatus: Partial<Record<Fault, number>> = { sealed: 503, standby: 429 };

/** What Vault says of itself to everybody, outside of any namespace (API documentation, `/sys/health` and `/sys/seal-status`). */
export function aboutItself({ path, headers }: Question, fault: Fault | null, about: object): Reply | null {
  if (path !== "sys/health" && path !== "sys/seal-status") return null;
  if (headers["x-vault-namespace"] !== undefined) return refused(404, "unsupported path");
  const state = { initialized: true, sealed: fault === "sealed", standby: fault === "standby", ...about };
  const status = path === "sys/health" ? ((fault && healthStatus[fault]) ?? 200) : 200;
  return { status, body: state };
}

/** What comes instead of an answer; null where the fault leaves this question alone. */
export function faultyReply(fault: Fault, { path }: Question): Reply | null {
  const headers = { "x-said": canary };
  const elsewhere = { "x-said": canary, location: `/${canary}/v1/${path}` };
  if (fault === "failing") return { ...refused(500, `internal error ${canary}`), headers };
  if (fault === "redirect") return { status: 302, headers: elsewhere };
  if (fault === "broken") return { status: 200, body: Buffer.from(`<p>{${canary}`), headers };
  // Of these, `sys/health` and `sys/seal-status` tell.
  if (path === "sys/health" || path === "sys/seal-status") return null;
  if (fault === "sealed") return { ...refused(503, "Vault is sealed", canary), headers };
  if (fault === "standby") return { status: 307, headers: elsewhere };
  if (fault === "throttled")
    return { ...refused(429, `rate limit ${canary}`), headers: { "x-said": canary, "retry-after": "7" } };
  if (fault === "expired-login" && path.endsWith("/login"))
    return { ...refused(400, `invalid secret id ${canary}`), headers };
  const isForbidden = fault === "expired-login" || !path.startsWith("auth/");
  return isForbidden ? { ...refused(403, `permission denied ${canary}`), headers } : null;
}
