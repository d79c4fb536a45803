import "server-only";

/** "a", "a and b", "a, b and c", "a, b and 4 more". */
export function someOf(names: string[]): string {
  if (names.length > 3) return `${names.slice(0, 2).join(", ")} and ${names.length - 2} more`;
  const last = names.at(-1) ?? "";
  return names.length < 2 ? last : `${names.slice(0, -1).join(", ")} and ${last}`;
}

/** A mode as people write it: 0444. */
export function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}
