import "server-only";
import { type Finding, type FindingRule, findingRules } from "./schema.ts";

/**
 * Where a finding stands among all others, as a text that sorts so: by how grave it is, then by its rule, then the one
 * that has waited longest; what is alike in all that goes by its words. It stays the same while others come and go.
 */
export function positionOf(finding: Finding): string {
  const { rule, since, parts, secretId, serviceId, operationId } = finding;
  const gravity = `${rankOf(finding)}${String(places.get(rule) ?? 0).padStart(2, "0")}`;
  // Nobody knows since when: behind those of which somebody does.
  return [gravity, since ?? "~", parts.map(({ text }) => text).join(""), secretId, serviceId, operationId].join(" ");
}

/** What is under way counts as worth knowing, and is seen among what is pressing: it is what happens now. */
function rankOf({ rule, severity }: Finding): number {
  if (rule === "operation-running" || rule === "operation-stands-still") return 0;
  return { now: 0, soon: 1, note: 2 }[severity];
}

const places = new Map<FindingRule, number>(findingRules.map((rule, place) => [rule, place]));
