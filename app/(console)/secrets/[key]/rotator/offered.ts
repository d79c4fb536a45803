import type { SecretView } from "#lib/inventory/schema.ts";

/** Why nobody can attach this secret now, whose role would allow it, and what to do about that. */
export function whyNotAttached({
  name,
  binding,
  attachment,
  operations,
}: Pick<SecretView, "name" | "binding" | "attachment" | "operations">) {
  if (attachment) {
    const title = `${name} is attached already`;
    return { title, sentence: `Its passwords are set at ${attachment.rotatorName}. Detach it first.` };
  }
  if (binding) {
    const title = `${name} is bound to a source`;
    return { title, sentence: `It takes its values from ${binding.path} at ${binding.sourceName}. Unbind it first.` };
  }
  if (operations.some(({ state }) => state !== "ended")) {
    const title = "An operation is not over";
    return { title, sentence: `${name} is part of it. Wait for its end, then attach the secret.` };
  }
  const sentence = "It was retired, a plugin delivers its value, or nothing can be changed in the Swarm at present.";
  return { title: `${name} cannot be attached now`, sentence };
}
