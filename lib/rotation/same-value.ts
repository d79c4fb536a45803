import "server-only";
import { AppError } from "#lib/errors.ts";
import type { Facts } from "#lib/grants/facts.ts";
import type { SecretRecord } from "#lib/grants/records.ts";
import type { Plan, PlannedVersion } from "#lib/operations/schema.ts";
import { decide } from "#lib/policy/permit.ts";
import type { Actor } from "#lib/policy/schema.ts";
import { isSameAsNow } from "#lib/secrets/compare.ts";
import type { SecretValue } from "#lib/value.ts";
import { shownVersionId, someOf } from "#lib/words.ts";

/** What was typed, by the version that it is for. */
type Typed = ReadonlyMap<string, SecretValue>;

/** Rotating to the value that is there already restarts everything and changes nothing: mostly a slip, sometimes meant. */
export async function refuseSameValues(
  actor: Actor,
  facts: Facts,
  { plan, typed, isSameWanted }: { plan: Plan; typed: Typed; isSameWanted: readonly string[] },
): Promise<void> {
  const asked = plan.create.filter(({ secretId }) => !isSameWanted.includes(secretId));
  const same = await sameAsNow(actor, facts, { versions: asked, typed });
  if (same.length === 0) return;
  const field = "isSameWanted";
  if (plan.create.length === 1) {
    const sentence = "The Swarm says: this is the value that the secret has now.";
    throw new AppError("invalid-input", `${sentence} Enter another one, or confirm that you want the same.`, { field });
  }
  const names = someOf(same.map(({ secretName }) => secretName));
  const sentence = `The Swarm says: what was entered for ${names} is the value that it has now.`;
  throw new AppError("invalid-input", `${sentence} Enter another one, or confirm that you want the same.`, { field });
}

/** A value that has leaked is never the one to go on with. */
export async function refuseLeakedValue(actor: Actor, facts: Facts, { plan, typed }: { plan: Plan; typed: Typed }) {
  const same = await sameAsNow(actor, facts, { versions: plan.create, typed });
  if (same.length === 0) return;
  throw new AppError("invalid-input", "The Swarm says: this is the value that has leaked. Enter another one.", {
    field: "value",
  });
}

/** Of a source nobody reads a value to compare it, so it goes by versions: one that the secret has had is the leaked one, or older. */
export function refuseLeakedSource({ binding, versions }: SecretRecord): void {
  if (!binding) return;
  const { newestId, path, sourceName } = binding;
  if (newestId !== null && !versions.some(({ sourceVersionId }) => sourceVersionId === newestId)) return;
  const sentence =
    newestId === null
      ? `Skep has seen no version of ${path} at ${sourceName}, so nobody can say whether the value that has leaked is still there. Change it there first, then enter it here.`
      : `What Skep has seen at ${sourceName}, version ${shownVersionId(newestId)} of ${path}, is the value that has leaked or an older one. Change it there first, then take it from there.`;
  throw new AppError("invalid-input", sentence, { field: "source" });
}

/** The versions whose typed value the secret has now. */
async function sameAsNow(
  actor: Actor,
  facts: Facts,
  { versions, typed }: { versions: readonly PlannedVersion[]; typed: Typed },
): Promise<PlannedVersion[]> {
  const answers = await Promise.all(
    versions.map(async ({ secretId, versionId }) => {
      const value = typed.get(versionId);
      const permit = decide(actor, "secret.compare", { secretId });
      return value && permit ? isSameAsNow(permit, value, { facts }) : false;
    }),
  );
  return versions.filter((_, place) => answers[place]);
}
