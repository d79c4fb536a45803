import type { SecretRow } from "#lib/inventory/schema.ts";

/** Everything of a secret that a search looks through, in lower case. */
export function haystackOf(row: SecretRow): string {
  const { name, services, targets, stacks, owner, tags, labelKeys, conditionText } = row;
  return [name, ...services, ...targets, ...stacks, owner, ...tags, ...labelKeys, conditionText]
    .join("\n")
    .toLowerCase();
}
