import "server-only";
import { SourceFailure } from "./failure.ts";
import { memberOf } from "./json.ts";
import type { SourceCheck } from "./schema.ts";
import { failureOfStatus, sealIn, unavailable } from "./vault-failure.ts";
import { describeLogin } from "./vault-lease.ts";
import type { Logins } from "./vault-login.ts";
import type { Mount } from "./vault-mount.ts";
import type { Vault, VaultAnswer } from "./vault-request.ts";

/** What answers, whether it takes the login, and whether that may look at the mount. */
export async function check(
  vault: Vault,
  { logins, mount }: { logins: Logins; mount: Mount },
  signal: AbortSignal,
): Promise<SourceCheck> {
  const { now } = vault.surroundings;
  const software = softwareOf(vault, await vault.exchange({ path: "sys/health", isOfRoot: true }, signal));
  mount.forget();
  const version = await mount.version(signal);
  const login = describeLogin(await logins.present(signal), now());
  return { software, login: `${login}; may look into ${vault.settings.mount} (KV version ${version})` };
}

/** Standby nodes may hand questions on: the ones that follow show whether this one does. */
const standbys: Record<number, string> = { 429: ", a standby node", 473: ", a performance standby" };

function softwareOf({ settings, surroundings }: Vault, answer: VaultAnswer): string {
  const { name, now } = surroundings;
  const { status, json } = answer;
  const version = memberOf(json, "version");
  const standby = typeof version === "string" ? standbys[status] : undefined;
  if (status === 503) throw unavailable(name, settings, sealIn(json));
  const failure = standby === undefined ? failureOfStatus(name, answer, now()) : null;
  if (failure) throw failure;
  // There are proxies that keep it to themselves.
  if (status !== 200 && standby === undefined) return "Vault";
  if (typeof version !== "string") throw new SourceFailure("broken-answer", name);
  return `${productOf(json, version)}${standby ?? ""}`;
}

/** OpenBao began at 2.0 and has nothing named `enterprise`; Vault has since 1.16, and so in all of its 2.x. */
function productOf(health: unknown, version: string): string {
  const isVault = typeof memberOf(health, "enterprise") === "boolean" || /^[01]\./.test(version);
  const isTold = /^\d+\.\d+\.\d+[\w.+-]{0,32}$/.test(version);
  return `${isVault ? "Vault" : "OpenBao"}${isTold ? ` ${version}` : ""}`;
}
