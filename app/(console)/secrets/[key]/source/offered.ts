import type { BindingView, SecretView } from "#lib/inventory/schema.ts";
import { shownVersionId } from "#lib/words.ts";
import { rotationHref } from "../../rotate/href.ts";

type Offered = { href: string; text: string; isPrimary: boolean };

/**
 * The rotation to what the source has; null where none is to be offered. What the Swarm had before is the older one as
 * likely as not, so it is no next step; what has leaked is no step at all.
 */
export function offeredRotation(
  { id, key, can, findings }: Pick<SecretView, "id" | "key" | "can" | "findings">,
  { agreement, isDeleted, newestId, together }: BindingView,
): Offered | null {
  const { fate = "never-there" } = findings.find(({ rule }) => rule === "source-newer") ?? {};
  // Where nobody knows which version the Swarm has, a rotation settles it.
  const isOther = agreement !== "agrees" && newestId !== null && !isDeleted && fate !== "leaked";
  if (!id || !isOther || !can.includes("secret.rotate")) return null;
  const isAlone = together.length === 0;
  return {
    href: isAlone ? `/secrets/${key}/rotate?source=source` : rotationHref([{ secretId: id }, ...together]),
    text: `Rotate ${isAlone ? "" : `all ${together.length + 1} `}to version ${shownVersionId(newestId)}`,
    isPrimary: fate === "never-there",
  };
}

/** Why nobody can bind this secret now, whose role would allow it, and what to do about that. */
export function whyNotBound({
  name,
  binding,
  attachment,
  operations,
}: Pick<SecretView, "name" | "binding" | "attachment" | "operations">) {
  if (attachment) {
    const title = `${name} is attached to a rotator`;
    return { title, sentence: `Its passwords are set at ${attachment.rotatorName}. Detach it first.` };
  }
  if (binding) {
    const title = `${name} is bound already`;
    return { title, sentence: `It takes its values from ${binding.path} at ${binding.sourceName}. Unbind it first.` };
  }
  if (operations.some(({ state }) => state !== "ended")) {
    const title = "An operation is not over";
    return { title, sentence: `${name} is part of it. Wait for its end, then bind the secret.` };
  }
  const sentence = "It was retired, a plugin delivers its value, or nothing can be changed in the Swarm at present.";
  return { title: `${name} cannot be bound now`, sentence };
}
