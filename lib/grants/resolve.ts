import "server-only";
import { AppError } from "#lib/errors.ts";
import type { PlanWarning, ReferenceEnd } from "#lib/operations/schema.ts";
import { pathOfTarget, type ServiceObject } from "#lib/swarm/schema.ts";
import { octal } from "#lib/words.ts";
import { plannedChange } from "./change.ts";
import { type Facts, requireService } from "./facts.ts";
import type { GrantWish } from "./schema.ts";
import { grantedInStack } from "./stack.ts";
import { warning } from "./warnings.ts";

/** A grant with its defaults filled in, as the change and the warnings of a plan. */
export function resolveGrant(
  facts: Facts,
  wish: GrantWish,
  secret: { name: string; to: ReferenceEnd; objectName: string; soakSeconds: number | null },
) {
  const service = requireService(facts, wish.serviceId);
  const target = wish.target ?? secret.name;
  refuseTaken(service, target);
  const file = { target, ...ownerAndMode(service, wish) };
  const change = plannedChange(facts, service, [{ edit: "add", to: secret.to, ...file }], {
    soakSeconds: secret.soakSeconds,
  });
  const warnings = [...fileWarnings(service, wish, file), ...grantedInStack(change, secret, file)];
  return { service, change, warnings };
}

/** The numeric user of the service, who alone may read; where Skep cannot know him, everyone in the container may. */
export function ownerAndMode(service: ServiceObject, wish: Pick<GrantWish, "uid" | "gid" | "mode">): OwnerAndMode {
  const user = numericUser(service);
  const uid = wish.uid ?? user?.uid ?? "0";
  const gid = wish.gid ?? user?.gid ?? "0";
  return { uid, gid, mode: wish.mode ?? (user?.uid === uid ? 0o400 : 0o444) };
}

/**
 * Whether this grant would be the first in a stack other than those that hold the secret already.
 * A secret that nobody holds yet belongs to nobody, so its first stack is no crossing.
 */
export function crossesStacks(homes: Iterable<string | null>, targets: readonly ServiceObject[]): boolean {
  const home = new Set(homes);
  if (home.size === 0) return new Set(targets.map(({ stack }) => stack)).size > 1;
  return targets.some(({ stack }) => !home.has(stack));
}

export function acrossWarning(targets: readonly ServiceObject[], isAllowed: boolean): PlanWarning {
  const names = targets.map(({ name, stack }) => (stack ? `${name} (stack ${stack})` : name)).join(", ");
  const sentence = `This secret has not been in the hands of another stack so far: ${names} would be the first.`;
  const refusal = `${sentence} Only an administrator can grant it.`;
  return warning("across-stacks", isAllowed ? sentence : refusal, { blocks: !isAllowed });
}

export function readAccessWarning(names: string): PlanWarning {
  return warning(
    "read-access",
    `Whoever controls ${names} can read the value from now on: its image, its command, its shell.`,
  );
}

type OwnerAndMode = { uid: string; gid: string; mode: number };

function refuseTaken(service: ServiceObject, target: string): void {
  const taken = service.references.find((reference) => pathOfTarget(reference.target) === pathOfTarget(target));
  if (!taken) return;
  const sentence = `${service.name} has ${taken.objectName} at ${pathOfTarget(target)} already. Choose another file name.`;
  throw new AppError("invalid-input", sentence, { field: "target" });
}

function numericUser({ user }: ServiceObject): { uid: string; gid: string } | null {
  const [name = "", group = ""] = (user ?? "").split(":");
  const uid = name === "root" ? "0" : name;
  if (!/^\d+$/.test(uid)) return null;
  return { uid, gid: /^\d+$/.test(group) ? group : "0" };
}

function fileWarnings(service: ServiceObject, wish: GrantWish, file: OwnerAndMode & { target: string }): PlanWarning[] {
  const user = numericUser(service);
  const serviceName = service.name;
  if (!user && wish.mode === undefined) {
    const sentence = `${serviceName} does not say by number which user it runs as, so everyone in its container can read the file (0444). Set owner and mode if you know the user.`;
    return [warning("numeric-user-unknown", sentence, { serviceName })];
  }
  if (user && !canRead(user, file)) {
    const sentence = `${serviceName} runs as user ${user.uid}, who cannot read a file of ${file.uid}:${file.gid} with mode ${octal(file.mode)}.`;
    return [warning("mode-unreadable", sentence, { serviceName })];
  }
  return [];
}

function canRead(user: { uid: string; gid: string }, { uid, gid, mode }: OwnerAndMode): boolean {
  if (user.uid === "0") return true;
  if (user.uid === uid) return (mode & 0o400) !== 0;
  return (mode & (user.gid === gid ? 0o040 : 0o004)) !== 0;
}
