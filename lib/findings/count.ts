import "server-only";
import type { Finding, FindingCount, FindingRule } from "./schema.ts";

/** What counts as "needs you": not what runs by itself, and not what is merely worth knowing. */
export function countNeedingAttention(findings: readonly Finding[]): number {
  return thingsIn(findings.filter(({ severity }) => severity !== "note"));
}

/** How many things there are, of which a line may tell of several. */
export function thingsIn(findings: readonly Finding[]): number {
  return findings.reduce((sum, { count }) => sum + count, 0);
}

/** How many of each rule, in the order in which the rules are met. */
export function countsOf(findings: readonly Finding[]): FindingCount[] {
  const counts = new Map<FindingRule, number>();
  for (const { rule, count } of findings) counts.set(rule, (counts.get(rule) ?? 0) + count);
  return [...counts].map(([rule, count]) => ({ rule, count }));
}
