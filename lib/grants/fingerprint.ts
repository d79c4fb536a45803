import "server-only";
import { createHash } from "node:crypto";
import type { Plan } from "#lib/operations/schema.ts";

/**
 * Equal for two plans that do the same. IDs that a plan gives to what it would make are left out, and so are the
 * wordings of its warnings; what a warning is about, and whether it blocks, is in.
 */
export function fingerprintOf(plan: Plan, freshIds: readonly string[] = freshIdsIn(plan)): string {
  const fresh = new Map(freshIds.map((id, index) => [id, `new-${index}`]));
  const warnings = plan.warnings.map(({ code, blocks, serviceName }) => `${code} ${blocks} ${serviceName}`);
  const text = JSON.stringify({ ...plan, warnings }, (_key, value: unknown) => {
    if (typeof value === "string") return fresh.get(value) ?? value;
    return isPlain(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value;
  });
  return createHash("sha256").update(text).digest("base64url");
}

function freshIdsIn(plan: Plan): string[] {
  const isNewSecret = plan.kind === "create";
  return [
    ...plan.create.flatMap(({ secretId, versionId }) => (isNewSecret ? [secretId, versionId] : [versionId])),
    ...plan.record.flatMap((record) =>
      record.record === "adopt" ? [record.secretId, ...record.versions.map(({ versionId }) => versionId)] : [],
    ),
  ];
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
